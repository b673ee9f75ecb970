package org.potluck.averaging.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.ojalgo.optimisation.Expression;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Optimisation;
import org.ojalgo.optimisation.Variable;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Bandwidth;

/**
 * Plans against the full linear program of DeDLOC (NeurIPS 2021, section 3.2), in which every pair
 * of members has a rate of its own in either direction, with nothing of the planner's arithmetic.
 *
 * <p>The paper's variables, as values a second: g from contributor to reducer, a from reducer to
 * receiver. A reducer cannot return averages faster than each contributor sends to it; a member's
 * rates fit into its uplink, its downlink and what the pairs carry; and the slowest receiver's rate
 * is as high as can be. The paper lets receivers take their averages from different reducers, so
 * that values are reduced more than once. Here one reducer owns each value, which adds that all
 * receivers take as much from a reducer; without it the program gives a rate that no partition
 * exceeds.
 */
class PaperProgramTest {
  private static final long LENGTH = 1L << 32;
  private static final Planner PLANNER = new Planner(CodecId.FLOAT16, CodecId.INT8_BLOCKWISE);
  private static final int SEEDS = 250;

  @Test
  void aPlanTakesAsLongAsTheProgramSays() {
    int bound = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<PlanMember> group = group(random, 2 + random.nextInt(6));
      List<PairLimit> limits = seed % 2 == 0 ? List.of() : limits(random, group.size());
      Plan plan = PLANNER.plan(group, LENGTH, Codec.BLOCK_VALUES, limits).orElseThrow();
      double optimum = program(group, limits, true);
      assertThat(plan.lowerBoundSeconds())
          .as("seed %d", seed)
          .isCloseTo(optimum, within(1e-5 * optimum));
      double free = PLANNER.plan(group, LENGTH).orElseThrow().lowerBoundSeconds();
      bound += optimum > 1.01 * free ? 1 : 0;
    }
    assertThat(bound).as("groups in which a pair decided").isGreaterThan(SEEDS / 10);
  }

  /** What reducing values twice could gain, which the paper's program allows. */
  @Test
  void nothingIsWonByReducingTwiceWhereEveryReducerContributes() {
    for (int seed = 0; seed < SEEDS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<PlanMember> group = new ArrayList<>();
      for (int others = 2 + random.nextInt(6); others > 0; others--) {
        boolean hidden = !group.isEmpty() && random.nextInt(4) == 0;
        group.add(
            hidden
                ? PlanMember.firewalled(link(random), link(random))
                : PlanMember.trainer(link(random), link(random)));
      }
      double plan = PLANNER.plan(group, LENGTH).orElseThrow().lowerBoundSeconds();
      assertThat(plan)
          .as("seed %d", seed)
          .isLessThan(1.02 * program(group, List.of(), false))
          .isGreaterThan(0.99999 * program(group, List.of(), false));
    }
  }

  private static List<PlanMember> group(SplittableRandom random, int members) {
    List<PlanMember> group = new ArrayList<>();
    group.add(PlanMember.trainer(link(random), link(random)));
    group.add(PlanMember.trainer(link(random), link(random)));
    while (group.size() < members) {
      boolean contributes = random.nextInt(4) > 0;
      group.add(
          new PlanMember(
              link(random),
              link(random),
              contributes,
              random.nextInt(4) > 0,
              random.nextInt(4) > 0));
    }
    return group;
  }

  private static List<PairLimit> limits(SplittableRandom random, int members) {
    List<PairLimit> limits = new ArrayList<>();
    for (int pairs = 1 + random.nextInt(members); pairs > 0; pairs--) {
      int from = random.nextInt(members);
      int to = (from + 1 + random.nextInt(members - 1)) % members;
      limits.add(
          new PairLimit(
              from, to, Bandwidth.ofMegabitsPerSecond(Math.pow(10, random.nextDouble(-1, 1.5)))));
    }
    return limits;
  }

  private static Bandwidth link(SplittableRandom random) {
    return Bandwidth.ofMegabitsPerSecond(Math.pow(10, random.nextDouble(1, 3)));
  }

  /**
   * Seconds for the vector.
   *
   * @param partition whether each value has one reducer
   */
  private static double program(List<PlanMember> group, List<PairLimit> limits, boolean partition) {
    int n = group.size();
    double up = PLANNER.contributionCodec().bytesPerValue();
    double down = PLANNER.averageCodec().bytesPerValue();
    ExpressionsBasedModel model = new ExpressionsBasedModel();
    Variable rate = model.newVariable("rate").lower(0).weight(1);
    Variable[][] averages = new Variable[n][n];
    Variable[][] gradients = new Variable[n][n];
    for (int reducer = 0; reducer < n; reducer++) {
      double most = group.get(reducer).reduces() ? 1e4 : 0;
      Variable owned = model.newVariable("owned" + reducer).lower(0).upper(most);
      for (int other = 0; other < n; other++) {
        String pair = other + "." + reducer;
        averages[reducer][other] = model.newVariable("average" + pair).lower(0).upper(most);
        gradients[other][reducer] = model.newVariable("gradient" + pair).lower(0);
        if (partition && group.get(other).receives()) {
          model
              .newExpression("one owner " + pair)
              .set(averages[reducer][other], 1)
              .set(owned, -1)
              .level(0);
        }
      }
      for (int receiver = 0; receiver < n; receiver++) {
        for (int contributor = 0; contributor < n; contributor++) {
          if (group.get(receiver).receives() && group.get(contributor).contributes()) {
            model
                .newExpression("flow " + contributor + "." + reducer + "." + receiver)
                .set(gradients[contributor][reducer], 1)
                .set(averages[reducer][receiver], -1)
                .lower(0);
          }
        }
      }
    }
    for (int member = 0; member < n; member++) {
      Expression sent = model.newExpression("up " + member).upper(megavalues(up(group, member)));
      Expression came =
          model.newExpression("down " + member).upper(megavalues(down(group, member)));
      Expression received = model.newExpression("received " + member).lower(0);
      for (int other = 0; other < n; other++) {
        received.set(averages[other][member], 1);
        if (other != member) {
          sent.set(gradients[member][other], up);
          came.set(gradients[other][member], up);
          if (group.get(other).receives()) {
            sent.set(averages[member][other], down);
          }
          if (group.get(member).receives()) {
            came.set(averages[other][member], down);
          }
        }
      }
      if (group.get(member).receives()) {
        received.set(rate, -1);
      }
    }
    for (PairLimit limit : limits) {
      Expression pair = model.newExpression("pair " + limit + model.countExpressions());
      pair.set(gradients[limit.from()][limit.to()], up);
      if (group.get(limit.to()).receives()) {
        pair.set(averages[limit.from()][limit.to()], down);
      }
      pair.upper(megavalues(limit.rate()));
    }
    Optimisation.Result result = model.maximise();
    assertThat(result.getState().isOptimal()).isTrue();
    return LENGTH / (result.getValue() * 1e6);
  }

  private static Bandwidth up(List<PlanMember> group, int member) {
    return known(group.get(member).up());
  }

  private static Bandwidth down(List<PlanMember> group, int member) {
    return known(group.get(member).down());
  }

  private static Bandwidth known(@Nullable Bandwidth link) {
    return link == null ? Bandwidth.NONE : link;
  }

  /** Rates near one suit the solver. */
  private static double megavalues(Bandwidth link) {
    return link.bytesPerSecond() / 1e6;
  }
}
