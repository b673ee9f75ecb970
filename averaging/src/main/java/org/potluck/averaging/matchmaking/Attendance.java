package org.potluck.averaging.matchmaking;

import java.util.List;
import org.potluck.network.PeerId;

/**
 * Who is expected at a round.
 *
 * @param known peers that will probably take part
 * @param expected how many take part, this one included
 * @param trainers how many of them bring something of their own; auxiliaries do not
 */
public record Attendance(List<PeerId> known, int expected, int trainers) {
  public Attendance {
    known = List.copyOf(known);
    if (expected < 1 || trainers < 0 || trainers > expected) {
      throw new IllegalArgumentException(
          "this peer at least is expected, and no more trainers than peers: %d of %d"
              .formatted(trainers, expected));
    }
  }

  /** Where all bring something. */
  public Attendance(List<PeerId> known, int expected) {
    this(known, expected, expected);
  }

  /**
   * More than half of the trainers expected: two such groups cannot exist side by side. However
   * many auxiliaries are there, they make no round, and leave no trainer out of one. Where no
   * trainer is there, nothing can be averaged, and there is nobody to wait for.
   */
  int quorum() {
    return trainers == 0 ? 0 : trainers / 2 + 1;
  }
}
