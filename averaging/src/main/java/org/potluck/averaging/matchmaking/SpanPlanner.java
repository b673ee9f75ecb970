package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.plan.PairLimit;
import org.potluck.averaging.plan.Plan;
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
   * @param up bytes a second it can send; zero when not known
   * @param down bytes a second it can receive; likewise
   * @param codec of its contribution, where it is another than that of the work
   */
  record Link(
      double up, double down, boolean contributes, boolean reachable, @Nullable CodecId codec) {
    private boolean known() {
      return up > 0 || down > 0;
    }
  }

  /**
   * What is to be split.
   *
   * @param length values of the vector
   * @param grain spans begin at multiples of this
   * @param pairs members between whom less passes than their links carry
   */
  record Work(CodecId codecUp, CodecId codecDown, long length, int grain, List<PairLimit> pairs) {
    public Work {
      pairs = List.copyOf(pairs);
    }
  }

  /**
   * @param shares values of each member's span; their sum is the length of the vector
   * @param expected how long the links take for that; zero when none is known
   */
  record Split(List<Long> shares, Duration expected) {
    private static final double SECONDS_MAX = 86_400;

    public Split {
      shares = List.copyOf(shares);
    }

    /** Of a plan for {@code members}. */
    public static Split of(Plan plan, List<Link> members) {
      boolean known = members.stream().anyMatch(Link::known);
      double seconds = known ? Math.min(SECONDS_MAX, plan.lowerBoundSeconds()) : 0;
      return new Split(
          plan.spans().stream().map(Span::length).toList(),
          Duration.ofNanos((long) (seconds * 1e9)));
    }
  }

  Split split(Work work, List<Link> members);

  /** Spans that let the slowest link be done soonest; equal ones while links are not known. */
  static Split byLinks(Work work, List<Link> members) {
    return new Planner(work.codecUp(), work.codecDown(), Planner.SHARE_MIN)
        .plan(
            members.stream().map(SpanPlanner::planMember).toList(),
            work.length(),
            work.grain(),
            work.pairs())
        .map(plan -> Split.of(plan, members))
        .orElseGet(() -> equal(work, members));
  }

  /** A member as planners know it: even an auxiliary takes the average. */
  static PlanMember planMember(Link link) {
    return new PlanMember(
        link.up() > 0 ? new Bandwidth(link.up()) : null,
        link.down() > 0 ? new Bandwidth(link.down()) : null,
        link.contributes(),
        true,
        link.reachable(),
        link.codec());
  }

  /** Equal spans for all that can be reached; all to the first where none can. */
  static Split equal(Work work, List<Link> members) {
    int reachable = (int) members.stream().filter(Link::reachable).count();
    long grains = Math.ceilDiv(work.length(), (long) work.grain());
    List<Long> shares = new ArrayList<>();
    int turn = 0;
    long given = 0;
    for (Link member : members) {
      turn += member.reachable() || (reachable == 0 && shares.isEmpty()) ? 1 : 0;
      long end = Math.min(work.length(), grains * turn / Math.max(1, reachable) * work.grain());
      shares.add(end - given);
      given = end;
    }
    return new Split(shares, Duration.ZERO);
  }
}
