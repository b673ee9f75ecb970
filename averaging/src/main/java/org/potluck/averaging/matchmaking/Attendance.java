package org.potluck.averaging.matchmaking;

import java.util.List;
import org.potluck.network.PeerId;

/**
 * Who is expected at a round.
 *
 * @param known peers that will probably take part
 * @param expected how many take part, this one included
 */
public record Attendance(List<PeerId> known, int expected) {
  public Attendance {
    known = List.copyOf(known);
    if (expected < 1) {
      throw new IllegalArgumentException("this peer at least is expected: " + expected);
    }
  }

  /** More than half of the peers expected: two such groups cannot exist side by side. */
  int quorum() {
    return expected / 2 + 1;
  }
}
