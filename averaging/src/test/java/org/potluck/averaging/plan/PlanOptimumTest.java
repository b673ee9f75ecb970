package org.potluck.averaging.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Bandwidth;

/**
 * Ten thousand random groups of 2 to 256 peers, against an optimum worked out from the bytes
 * themselves: too many and too large for the linear program that {@link PlannerTest} asks.
 */
class PlanOptimumTest {
  private static final long LENGTH = 125_000_000;

  @Test
  void isWithinTwoPercentInGroupsOfAnySize() {
    double worst = 0;
    for (int seed = 0; seed < 10_000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<PlanMember> group = group(random, 2 + random.nextInt(255));
      Planner planner =
          new Planner(
              random.nextBoolean() ? CodecId.FLOAT16 : CodecId.INT4_BLOCKWISE,
              random.nextBoolean() ? CodecId.FLOAT16 : CodecId.INT8_BLOCKWISE,
              random.nextBoolean() ? 0 : Planner.SHARE_MIN);
      double optimum = optimum(planner, group);
      Plan plan = planner.plan(group, LENGTH).orElseThrow();
      if (optimum < 1e-6) {
        // One trainer that reduces everything itself moves nothing.
        assertThat(Planner.time(plan, group)).as("seed %d", seed).isLessThan(1e-6);
        continue;
      }
      double ratio = Planner.time(plan, group) / optimum;
      assertThat(ratio).as("seed %d, %d peers", seed, group.size()).isBetween(0.999999, 1.02);
      worst = Math.max(worst, ratio);
    }
    assertThat(worst).as("some plan is not exact, or nothing was tested").isGreaterThan(1.0);
  }

  /** Trainers, auxiliaries, firewalled peers, links from 1 to 1000 Mbit/s; somebody reduces. */
  private static List<PlanMember> group(SplittableRandom random, int peers) {
    List<PlanMember> group = new ArrayList<>();
    for (int i = 0; i < peers; i++) {
      Bandwidth up = link(random);
      Bandwidth down = link(random);
      group.add(
          switch (i == 0 ? 0 : random.nextInt(5)) {
            case 0, 1, 2 -> PlanMember.trainer(up, down);
            case 3 -> PlanMember.firewalled(up, down);
            default -> PlanMember.auxiliary(up, down);
          });
    }
    return group;
  }

  private static Bandwidth link(SplittableRandom random) {
    return Bandwidth.ofMegabitsPerSecond(Math.pow(10, random.nextDouble(3)));
  }

  /** The least time in which shares that sum to one exist. */
  private static double optimum(Planner planner, List<PlanMember> group) {
    double low = 0;
    double high = 1e9;
    for (int step = 0; step < 80; step++) {
      double middle = (low + high) / 2;
      if (possible(planner, group, middle)) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }

  private static boolean possible(Planner planner, List<PlanMember> group, double seconds) {
    double cUp = planner.contributionCodec().bytesPerValue();
    double cDown = planner.averageCodec().bytesPerValue();
    long contributors = group.stream().filter(PlanMember::contributes).count();
    long receivers = group.stream().filter(PlanMember::receives).count();
    double fewest = 0;
    double most = 0;
    for (PlanMember member : group) {
      double mine = member.contributes() ? 1 : 0;
      double wants = member.receives() ? 1 : 0;
      // Bytes up: c V (1 - w) of its own, and averages of its span to all others who want them.
      double up = seconds * rate(member.up()) / LENGTH;
      double down = seconds * rate(member.down()) / LENGTH;
      double[] range = {0, member.reduces() ? 1 : 0};
      narrow(range, cUp * mine, cDown * (receivers - wants) - cUp * mine, up);
      narrow(range, cDown * wants, cUp * (contributors - mine) - cDown * wants, down);
      if (range[0] > range[1]) {
        return false;
      }
      fewest += range[0];
      most += range[1];
    }
    return fewest <= 1 && most >= 1;
  }

  private static double rate(@Nullable Bandwidth link) {
    return link == null ? 0 : link.bytesPerSecond();
  }

  /** Keeps of the shares w in {@code range} those with base + slope w at most {@code budget}. */
  private static void narrow(double[] range, double base, double slope, double budget) {
    if (slope > 0) {
      range[1] = Math.min(range[1], (budget - base) / slope);
    } else if (slope < 0) {
      range[0] = Math.max(range[0], (budget - base) / slope);
    } else if (base > budget) {
      range[1] = -1;
    }
  }
}
