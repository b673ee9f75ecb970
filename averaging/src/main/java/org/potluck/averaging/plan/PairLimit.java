package org.potluck.averaging.plan;

import org.potluck.network.Bandwidth;

/**
 * A pair of members between whom less passes than the links of both would carry: a relay lies
 * between them, for instance.
 *
 * @param from who sends, by place in the group
 * @param to who receives
 * @param rate what passes from the one to the other
 */
public record PairLimit(int from, int to, Bandwidth rate) {
  public PairLimit {
    if (from < 0 || to < 0 || from == to || rate.bytesPerSecond() <= 0) {
      throw new IllegalArgumentException("no pair: " + from + ", " + to + ", " + rate);
    }
  }
}
