package org.potluck.peer.bench.worker;

import java.util.List;
import java.util.Optional;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.matchmaking.SpanPlanner;
import org.potluck.averaging.plan.Plan;
import org.potluck.averaging.plan.PlanMember;
import org.potluck.averaging.plan.Planner;
import org.potluck.network.Bandwidth;

/** Ways to cut the vector, to compare. */
public enum Split {
  /** As the planner says. */
  PLAN,
  /** Everybody who can be reached reduces as much. */
  EQUAL,
  /** The member with which it is fastest reduces everything. */
  PARAMETER_SERVER;

  SpanPlanner planner() {
    return switch (this) {
      case PLAN -> SpanPlanner::byLinks;
      case EQUAL -> SpanPlanner::equal;
      case PARAMETER_SERVER -> Split::parameterServer;
    };
  }

  /** The plan that such members follow; some member must be able to reduce. */
  public Plan plan(CodecId codec, List<PlanMember> members, long length) {
    Planner planner = new Planner(codec, codec);
    Optional<Plan> plan =
        switch (this) {
          case PLAN -> planner.plan(members, length);
          case EQUAL -> planner.equalSplit(members, length);
          case PARAMETER_SERVER -> planner.parameterServer(members, length);
        };
    return plan.orElseThrow();
  }

  /** A member as matchmaking tells planners of it: even an auxiliary takes the average. */
  public static PlanMember member(double up, double down, boolean contributes, boolean reachable) {
    return new PlanMember(new Bandwidth(up), new Bandwidth(down), contributes, true, reachable);
  }

  private static SpanPlanner.Split parameterServer(
      SpanPlanner.Work work, List<SpanPlanner.Link> links) {
    List<PlanMember> members =
        links.stream()
            .map(link -> member(link.up(), link.down(), link.contributes(), link.reachable()))
            .toList();
    Plan plan =
        new Planner(work.codecUp(), work.codecDown())
            .parameterServer(members, work.length())
            .orElseThrow();
    return SpanPlanner.Split.of(plan, links);
  }
}
