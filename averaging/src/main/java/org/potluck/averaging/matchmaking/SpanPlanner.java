package org.potluck.averaging.matchmaking;

import java.util.List;

/** Decides how many values each member reduces. */
@FunctionalInterface
public interface SpanPlanner {
  /**
   * What a planner knows of a member.
   *
   * @param up bytes a second it can send
   * @param down bytes a second it can receive
   */
  record Link(double up, double down, boolean contributes, boolean reachable) {}

  /**
   * @return for each member the values of its span; their sum is {@code length}
   */
  long[] shares(long length, List<Link> members);

  /** Equal spans for all that can be reached; all to the first where none can. */
  static long[] equal(long length, List<Link> members) {
    long[] shares = new long[members.size()];
    int reachable = (int) members.stream().filter(Link::reachable).count();
    if (reachable == 0) {
      shares[0] = length;
      return shares;
    }
    int turn = 0;
    for (int i = 0; i < shares.length; i++) {
      if (members.get(i).reachable()) {
        shares[i] = length * (turn + 1) / reachable - length * turn / reachable;
        turn++;
      }
    }
    return shares;
  }
}
