package org.potluck.averaging.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;

/**
 * Splits a vector among the members of a group so that the slowest link is done soonest.
 *
 * <p>Equal links give a butterfly all-reduce, one dominant link a parameter server, and everything
 * between falls out of the same arithmetic. A pure function of its arguments: the same plan on
 * every machine.
 *
 * @param contributionCodec what members send to reducers
 * @param averageCodec what reducers send back
 * @param shareMin a member whose best share is below this part of an even one gets none, because
 *     many tiny spans cost more in streams and messages than they save; as many of the smallest do
 *     as make the plan at most {@link #MINIMUM_COSTS} slower; from 0 to 1
 */
public record Planner(CodecId contributionCodec, CodecId averageCodec, double shareMin) {
  /** The largest group for which limits of pairs are looked at. */
  public static final int PAIRS_MEMBERS_MAX = 64;

  /** The usual {@code shareMin}: fewer than eight chunks, where the longest span has 128. */
  public static final double SHARE_MIN = 1.0 / 16;

  /** By how much a plan may be slower for having fewer reducers. */
  public static final double MINIMUM_COSTS = 0.01;

  public Planner {
    if (!(shareMin >= 0 && shareMin <= 1)) {
      throw new IllegalArgumentException("not a share: " + shareMin);
    }
  }

  public Planner(CodecId contributionCodec, CodecId averageCodec) {
    this(contributionCodec, averageCodec, 0);
  }

  /**
   * The plan for a vector of {@code length} values; empty when nobody can reduce.
   *
   * @param members in group order
   * @param length zero or more
   */
  public Optional<Plan> plan(List<PlanMember> members, long length) {
    return plan(members, length, Codec.BLOCK_VALUES, List.of());
  }

  /**
   * The same with spans that begin at multiples of {@code grain} values, among members of whom some
   * pairs are limited.
   *
   * @param grain one or more
   * @param limits where the plan would otherwise be held up by one, the linear program decides; not
   *     looked at in groups of more than {@link #PAIRS_MEMBERS_MAX}, for which that takes too long
   */
  public Optional<Plan> plan(
      List<PlanMember> members, long length, int grain, List<PairLimit> limits) {
    List<LinkLoad> loads = loads(members, length);
    if (reducers(loads) == 0) {
      return Optional.empty();
    }
    PairLoads pairs = pairs(members, length, limits);
    double[] shares = solve(loads, pairs);
    double lowerBound = seconds(loads, pairs, shares);
    double[] fewer = withoutTiny(loads, pairs, shares, lowerBound * (1 + MINIMUM_COSTS));
    return Optional.of(planned(fewer, length, grain, lowerBound));
  }

  private static double seconds(List<LinkLoad> loads, PairLoads pairs, double[] shares) {
    return Math.max(Workload.seconds(loads, shares), pairs.seconds(shares));
  }

  private PairLoads pairs(List<PlanMember> members, long length, List<PairLimit> limits) {
    return new PairLoads(
        members,
        members.size() <= PAIRS_MEMBERS_MAX ? limits : List.of(),
        (double) length,
        contributionCodec.bytesPerValue(),
        averageCodec.bytesPerValue());
  }

  private static double[] solve(List<LinkLoad> loads, PairLoads pairs) {
    double[] shares = new ShareSolver(loads).solve(equalShares(loads));
    return pairs.bind(shares, Workload.seconds(loads, shares))
        ? pairs.solve(loads, shares)
        : shares;
  }

  /** Everybody who can reduce reduces as much: hivemind without bandwidths. For comparison. */
  public Optional<Plan> equalSplit(List<PlanMember> members, long length) {
    List<LinkLoad> loads = loads(members, length);
    return reducers(loads) == 0
        ? Optional.empty()
        : Optional.of(
            planned(equalShares(loads), length, Codec.BLOCK_VALUES, bound(members, length)));
  }

  /** One member reduces all, the one with which it is fastest. For comparison. */
  public Optional<Plan> parameterServer(List<PlanMember> members, long length) {
    List<LinkLoad> loads = loads(members, length);
    double[] best = new double[0];
    for (int i = 0; i < loads.size(); i++) {
      if (loads.get(i).shareMax() > 0) {
        double[] shares = new double[loads.size()];
        shares[i] = 1;
        if (best.length == 0 || Workload.seconds(loads, shares) < Workload.seconds(loads, best)) {
          best = shares;
        }
      }
    }
    return best.length == 0
        ? Optional.empty()
        : Optional.of(planned(best, length, Codec.BLOCK_VALUES, bound(members, length)));
  }

  /** How long the plan takes these members when nothing but their links' rates limits them. */
  public static double time(Plan plan, List<PlanMember> members) {
    List<LinkLoad> loads =
        Workload.of(
            members,
            (double) plan.length(),
            plan.contributionCodec().bytesPerValue(),
            plan.averageCodec().bytesPerValue());
    double[] shares = new double[members.size()];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = plan.length() == 0 ? 0 : (double) plan.spans().get(i).length() / plan.length();
    }
    return Workload.seconds(loads, shares);
  }

  private List<LinkLoad> loads(List<PlanMember> members, long length) {
    if (length < 0) {
      throw new IllegalArgumentException("not a length: " + length);
    }
    return Workload.of(
        members, (double) length, contributionCodec.bytesPerValue(), averageCodec.bytesPerValue());
  }

  private double bound(List<PlanMember> members, long length) {
    return plan(members, length).orElseThrow().lowerBoundSeconds();
  }

  private Plan planned(double[] shares, long length, int grain, double lowerBound) {
    return new Plan(Spans.of(shares, length, grain), contributionCodec, averageCodec, lowerBound);
  }

  private static int reducers(List<LinkLoad> loads) {
    return (int) loads.stream().filter(load -> load.shareMax() > 0).count();
  }

  private static double[] equalShares(List<LinkLoad> loads) {
    double each = 1.0 / reducers(loads);
    return loads.stream().mapToDouble(load -> load.shareMax() > 0 ? each : 0).toArray();
  }

  /**
   * The best shares when as many of those below the least share as possible reduce nothing, the
   * smallest first. The fewer reduce, the longer it takes, so bisection finds how many.
   */
  private double[] withoutTiny(
      List<LinkLoad> loads, PairLoads pairs, double[] shares, double secondsMax) {
    double least = shareMin / reducers(loads);
    List<Integer> tiny =
        IntStream.range(0, shares.length)
            .filter(member -> loads.get(member).shareMax() > 0 && shares[member] < least)
            .boxed()
            .sorted(Comparator.comparingDouble(member -> shares[member]))
            .toList();
    double[] best = shares;
    int kept = 0;
    int tried = Math.min(tiny.size(), reducers(loads) - 1);
    int tooMany = tried + 1;
    while (kept + 1 < tooMany) {
      List<LinkLoad> fewer = new ArrayList<>(loads);
      tiny.subList(0, tried).forEach(member -> fewer.set(member, fewer.get(member).withoutShare()));
      double[] without = solve(fewer, pairs);
      if (seconds(fewer, pairs, without) <= secondsMax) {
        best = without;
        kept = tried;
      } else {
        tooMany = tried;
      }
      tried = (kept + tooMany) / 2;
    }
    return best;
  }
}
