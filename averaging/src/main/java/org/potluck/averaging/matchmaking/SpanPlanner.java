package org.potluck.averaging.matchmaking;

import java.util.List;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.plan.PlanMember;
import org.potluck.averaging.plan.Planner;
import org.potluck.averaging.plan.Span;
import org.potluck.network.Bandwidth;

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
  long[] shares(CodecId codecUp, CodecId codecDown, long length, List<Link> members);

  /** Spans that let the slowest link be done soonest; equal ones while links are not known. */
  static long[] byLinks(CodecId codecUp, CodecId codecDown, long length, List<Link> members) {
    return new Planner(codecUp, codecDown)
        .plan(members.stream().map(SpanPlanner::planMember).toList(), length)
        .map(plan -> plan.spans().stream().mapToLong(Span::length).toArray())
        .orElseGet(() -> equal(codecUp, codecDown, length, members));
  }

  private static PlanMember planMember(Link link) {
    return new PlanMember(
        link.up() > 0 ? new Bandwidth(link.up()) : null,
        link.down() > 0 ? new Bandwidth(link.down()) : null,
        link.contributes(),
        true,
        link.reachable());
  }

  /** Equal spans for all that can be reached; all to the first where none can. */
  static long[] equal(CodecId codecUp, CodecId codecDown, long length, List<Link> members) {
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
