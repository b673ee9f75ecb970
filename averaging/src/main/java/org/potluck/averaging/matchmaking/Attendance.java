package org.potluck.averaging.matchmaking;

import java.util.List;
import org.potluck.network.PeerId;

/**
 * Who is expected at a round.
 *
 * @param known peers that will probably take part; asked at once
 * @param coming others that may take part, those known among them
 * @param expected how many take part, this one included
 * @param trainers how many of them bring something of their own; auxiliaries do not
 */
public record Attendance(List<PeerId> known, List<PeerId> coming, int expected, int trainers) {
  public Attendance {
    known = List.copyOf(known);
    coming = List.copyOf(coming);
    if (expected < 1 || trainers < 0 || trainers > expected) {
      throw new IllegalArgumentException(
          "this peer at least is expected, and no more trainers than peers: %d of %d"
              .formatted(trainers, expected));
    }
  }

  /** Where all bring something, and nobody comes who is not known. */
  public Attendance(List<PeerId> known, int expected) {
    this(known, known, expected, expected);
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
