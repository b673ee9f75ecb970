package org.potluck.averaging.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
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

class PlannerTest {
  private static final long LENGTH = 18_000_000;
  private static final Planner PLANNER = new Planner(CodecId.FLOAT16, CodecId.FLOAT16);

  @Test
  void isWithinTwoPercentOfTheLinearProgram() {
    for (int seed = 0; seed < 2000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      // Many small groups and a few large ones: the solver's time grows fast with the size.
      int members = seed % 100 == 0 ? 64 : 2 + random.nextInt(seed % 10 == 0 ? 31 : 7);
      List<PlanMember> group = group(random, members);
      Planner planner =
          new Planner(
              random.nextBoolean() ? CodecId.FLOAT16 : CodecId.SPARSE,
              random.nextBoolean() ? CodecId.FLOAT16 : CodecId.INT8_BLOCKWISE,
              random.nextBoolean() ? 0 : Planner.SHARE_MIN);
      if (group.stream().noneMatch(PlanMember::reduces)) {
        assertThat(planner.plan(group, LENGTH)).isEmpty();
        continue;
      }
      Plan plan = planner.plan(group, LENGTH).orElseThrow();
      double optimum = linearProgram(planner, group);
      assertThat(plan.lowerBoundSeconds())
          .as("seed %s, %s", seed, group)
          .isCloseTo(optimum, within(optimum * 1e-6 + 1e-9));
      assertThat(Planner.time(plan, group))
          .as("seed %s, %s", seed, group)
          .isLessThanOrEqualTo(optimum * 1.02 + 1e-9);
    }
  }

  @Test
  void givesEveryValueToOneReducer() {
    for (int seed = 0; seed < 2000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<PlanMember> group = group(random, 1 + random.nextInt(64));
      long length = random.nextLong(1L << random.nextInt(1, 34));
      double shareMin = random.nextBoolean() ? 0 : random.nextDouble();
      Planner planner = new Planner(CodecId.NONE, CodecId.FLOAT16, shareMin);
      if (group.stream().noneMatch(PlanMember::reduces)) {
        continue;
      }
      Plan plan = planner.plan(group, length).orElseThrow();
      assertThat(plan.length()).as("seed %s", seed).isEqualTo(length);
      assertThat(plan.spans()).hasSameSizeAs(group);
      for (int i = 0; i < group.size(); i++) {
        Span span = plan.spans().get(i);
        assertThat(span.isEmpty() || group.get(i).reduces()).as("seed %s", seed).isTrue();
        assertThat(span.end() == length || span.end() % Codec.BLOCK_VALUES == 0)
            .as("seed %s", seed)
            .isTrue();
      }
      assertThat(planner.plan(group, length)).contains(plan);
    }
  }

  @Test
  void isNeverSlowerThanEqualSplitOrParameterServer() {
    for (int seed = 0; seed < 500; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<PlanMember> group = group(random, 2 + random.nextInt(20));
      if (group.stream().noneMatch(PlanMember::reduces)) {
        continue;
      }
      double best = PLANNER.plan(group, LENGTH).orElseThrow().lowerBoundSeconds();
      Plan equal = PLANNER.equalSplit(group, LENGTH).orElseThrow();
      Plan server = PLANNER.parameterServer(group, LENGTH).orElseThrow();
      assertThat(Planner.time(equal, group)).as("seed %s", seed).isGreaterThan(best * (1 - 1e-9));
      assertThat(Planner.time(server, group)).as("seed %s", seed).isGreaterThan(best * (1 - 1e-9));
    }
  }

  @Test
  void splitsEquallyAmongEqualLinks() {
    Plan plan = PLANNER.plan(Collections.nCopies(4, trainer(100, 100)), 4 * 4096 * 5).orElseThrow();
    assertThat(plan.spans()).extracting(Span::length).containsOnly(4096L * 5);
  }

  @Test
  void givesTheSlowPeerTheSmallerSpan() {
    Plan plan =
        PLANNER
            .plan(List.of(trainer(50, 50), trainer(100, 100), trainer(100, 100)), LENGTH)
            .orElseThrow();
    assertThat(plan.spans().get(0).length()).isLessThan(plan.spans().get(1).length());
  }

  @Test
  void makesADominantLinkTheParameterServer() {
    List<PlanMember> group = new ArrayList<>(Collections.nCopies(8, trainer(250, 250)));
    group.add(0, trainer(2500, 2500));
    assertThat(PLANNER.plan(group, LENGTH).orElseThrow().spans().getFirst().length())
        .isEqualTo(LENGTH);
  }

  @Test
  void equalisesTheRestWhenASlowPeerBinds() {
    List<PlanMember> group = new ArrayList<>();
    group.addAll(Collections.nCopies(4, trainer(200, 200)));
    group.addAll(Collections.nCopies(8, trainer(100, 100)));
    group.addAll(Collections.nCopies(4, trainer(50, 50)));
    Plan plan = PLANNER.plan(group, LENGTH).orElseThrow();
    // The equalising optimum of DeDLOC's reduced program, worked out by hand.
    assertThat((double) plan.spans().get(0).length()).isCloseTo(2_892_857, within(4096.0));
    assertThat((double) plan.spans().get(4).length()).isCloseTo(803_571, within(4096.0));
    assertThat(plan.spans().get(12).isEmpty()).isTrue();
  }

  @Test
  void plansNothingWhenNobodyCanReduce() {
    PlanMember shut = PlanMember.firewalled(mbit(10), mbit(10));
    PlanMember dark = PlanMember.trainer(Bandwidth.NONE, mbit(10));
    assertThat(PLANNER.plan(List.of(shut, dark), LENGTH)).isEmpty();
    assertThat(PLANNER.equalSplit(List.of(shut), LENGTH)).isEmpty();
    assertThat(PLANNER.parameterServer(List.of(shut), LENGTH)).isEmpty();
    assertThat(PLANNER.plan(List.of(), LENGTH)).isEmpty();
  }

  @Test
  void givesEverythingToTheOnlyMember() {
    Plan plan = PLANNER.plan(List.of(trainer(1, 1)), 12_345).orElseThrow();
    assertThat(plan.spans()).containsExactly(new Span(0, 12_345));
    assertThat(plan.lowerBoundSeconds()).isCloseTo(0, within(1e-12));
  }

  @Test
  void takesAnUnmeasuredLinkForATypicalOne() {
    PlanMember unmeasured = new PlanMember(null, null, true, true, true);
    List<PlanMember> known = List.of(trainer(10, 90), trainer(20, 50), trainer(70, 80));
    List<PlanMember> guessed = new ArrayList<>(known);
    guessed.add(unmeasured);
    List<PlanMember> typical = new ArrayList<>(known);
    typical.add(trainer(20, 80));
    assertThat(PLANNER.plan(guessed, LENGTH)).isEqualTo(PLANNER.plan(typical, LENGTH));
    Plan blind = PLANNER.plan(Collections.nCopies(4, unmeasured), 16 * 4096).orElseThrow();
    assertThat(blind.spans()).extracting(Span::length).containsOnly(4L * 4096);
  }

  @Test
  void dropsSharesBelowTheMinimum() {
    List<PlanMember> group = new ArrayList<>(Collections.nCopies(8, trainer(100, 100)));
    group.addAll(Collections.nCopies(8, trainer(37, 100)));
    assertThat(reducers(PLANNER.plan(group, LENGTH).orElseThrow())).isEqualTo(16);
    Plan plan =
        new Planner(CodecId.FLOAT16, CodecId.FLOAT16, Planner.SHARE_MIN)
            .plan(group, LENGTH)
            .orElseThrow();
    assertThat(reducers(plan)).isEqualTo(8);
    assertThat(plan.length()).isEqualTo(LENGTH);
    assertThat(Planner.time(plan, group))
        .isLessThan(plan.lowerBoundSeconds() * (1 + 2 * Planner.MINIMUM_COSTS));
  }

  @Test
  void keepsSmallSharesThatAreNeeded() {
    Planner planner = new Planner(CodecId.FLOAT16, CodecId.FLOAT16, 1);
    for (int seed = 0; seed < 500; seed++) {
      List<PlanMember> group = group(new SplittableRandom(seed), 2 + seed % 20);
      if (group.stream().anyMatch(PlanMember::reduces)) {
        Plan plan = planner.plan(group, LENGTH).orElseThrow();
        assertThat(reducers(plan)).as("seed %d", seed).isPositive();
        assertThat(Planner.time(plan, group))
            .as("seed %d", seed)
            .isLessThanOrEqualTo(plan.lowerBoundSeconds() * 1.02 + 1e-9);
      }
    }
  }

  private static long reducers(Plan plan) {
    return plan.spans().stream().filter(span -> !span.isEmpty()).count();
  }

  private static PlanMember trainer(double up, double down) {
    return PlanMember.trainer(mbit(up), mbit(down));
  }

  private static Bandwidth mbit(double megabits) {
    return Bandwidth.ofMegabitsPerSecond(megabits);
  }

  private static List<PlanMember> group(SplittableRandom random, int members) {
    List<PlanMember> group = new ArrayList<>();
    for (int i = 0; i < members; i++) {
      group.add(
          new PlanMember(
              link(random),
              link(random),
              random.nextInt(5) > 0,
              random.nextInt(5) > 0,
              random.nextInt(4) > 0));
    }
    return group;
  }

  private static @Nullable Bandwidth link(SplittableRandom random) {
    return random.nextInt(20) == 0 ? null : mbit(Math.pow(10, random.nextDouble(3)));
  }

  /** The same program, said to a general solver. */
  private static double linearProgram(Planner planner, List<PlanMember> group) {
    List<LinkLoad> loads =
        Workload.of(
            group,
            (double) LENGTH,
            planner.contributionCodec().bytesPerValue(),
            planner.averageCodec().bytesPerValue());
    ExpressionsBasedModel model = new ExpressionsBasedModel();
    Variable time = model.newVariable("time").lower(0).weight(1);
    Expression total = model.newExpression("total").level(1);
    for (int i = 0; i < loads.size(); i++) {
      LinkLoad load = loads.get(i);
      Variable share = model.newVariable("share" + i).lower(0).upper(load.shareMax());
      total.set(share, 1);
      model.newExpression("up" + i).set(time, 1).set(share, -load.upSlope()).lower(load.upBase());
      model
          .newExpression("down" + i)
          .set(time, 1)
          .set(share, -load.downSlope())
          .lower(load.downBase());
    }
    Optimisation.Result result = model.minimise();
    assertThat(result.getState().isOptimal()).as("the solver's answer to %s", group).isTrue();
    return result.getValue();
  }
}
