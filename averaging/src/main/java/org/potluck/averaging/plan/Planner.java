package org.potluck.averaging.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
 * @param shareMin a member whose best share is below this gets none, because many tiny spans cost
 *     more in messages than they save; from 0 to 1
 */
public record Planner(CodecId contributionCodec, CodecId averageCodec, double shareMin) {
  /** The largest group for which limits of pairs are looked at. */
  public static final int PAIRS_MEMBERS_MAX = 64;

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
    double lowerBound = Math.max(Workload.seconds(loads, shares), pairs.seconds(shares));
    for (List<LinkLoad> kept = withoutTiny(loads, shares);
        reducers(kept) < reducers(loads);
        kept = withoutTiny(loads, shares)) {
      loads = kept;
      shares = solve(loads, pairs);
    }
    return Optional.of(planned(shares, length, grain, lowerBound));
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
   * The loads with those below the least share made to reduce nothing. As many of the largest stay
   * as there is room for, so that somebody always does.
   */
  private List<LinkLoad> withoutTiny(List<LinkLoad> loads, double[] shares) {
    long room = shareMin == 0 ? loads.size() : Math.max(1, (long) (1 / shareMin));
    Integer[] bySize = new Integer[shares.length];
    Arrays.setAll(bySize, i -> i);
    Arrays.sort(bySize, (a, b) -> Double.compare(shares[b], shares[a]));
    boolean anyLarge = shares[bySize[0]] >= shareMin;
    LinkLoad[] kept = loads.toArray(LinkLoad[]::new);
    for (int rank = 0; rank < bySize.length; rank++) {
      int member = bySize[rank];
      boolean tiny = shares[member] < shareMin;
      if (tiny && (anyLarge || rank >= room)) {
        kept[member] = kept[member].withoutShare();
      }
    }
    return List.of(kept);
  }
}
