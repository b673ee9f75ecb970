package org.potluck.averaging.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Bandwidth;

/** Plans among members of whom some pairs carry less than their links. */
class PairLimitsTest {
  private static final long LENGTH = 18_000_000;
  private static final Planner PLANNER = new Planner(CodecId.FLOAT16, CodecId.FLOAT16);

  @Test
  void limitsThatDoNotBindChangeNothing() {
    List<PlanMember> group = Collections.nCopies(4, trainer(100));
    Plan without = PLANNER.plan(group, LENGTH).orElseThrow();
    assertThat(plan(group, List.of(new PairLimit(0, 1, mbit(50))))).isEqualTo(without);
  }

  /** Two pass 1 Mbit/s between them: the third, whom both reach well, reduces nearly all. */
  @Test
  void whoIsReachedBadlyByOneReducesLess() {
    List<PlanMember> group = Collections.nCopies(3, trainer(100));
    List<PairLimit> limits = List.of(new PairLimit(0, 1, mbit(1)), new PairLimit(1, 0, mbit(1)));
    Plan plan = plan(group, limits);
    assertThat(plan.spans().get(2).length()).isGreaterThan(LENGTH * 9 / 10);
    Plan without = PLANNER.plan(group, LENGTH).orElseThrow();
    assertThat(seconds(plan, group, limits)).isLessThan(seconds(without, group, limits) / 4);
  }

  /** Against shares drawn at random and improved step by step: none is faster. */
  @Test
  void noSplitThatWasFoundByTryingIsFaster() {
    int bound = 0;
    for (int seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int size = 2 + random.nextInt(6);
      List<PlanMember> group = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        group.add(trainer(Math.pow(10, 1 + random.nextDouble())));
      }
      List<PairLimit> limits = new ArrayList<>();
      for (int pairs = 1 + random.nextInt(size); pairs > 0; pairs--) {
        int from = random.nextInt(size);
        int to = (from + 1 + random.nextInt(size - 1)) % size;
        limits.add(new PairLimit(from, to, mbit(Math.pow(10, random.nextDouble()))));
      }
      Plan plan = plan(group, limits);
      double seconds = seconds(plan, group, limits);
      double rounding = 1 + 4.0 * size * Codec.BLOCK_VALUES / LENGTH;
      assertThat(seconds).as("seed %d", seed).isLessThan(plan.lowerBoundSeconds() * rounding + 0.3);
      assertThat(plan.lowerBoundSeconds())
          .as("seed %d", seed)
          .isLessThanOrEqualTo(bySearch(random, group, limits) * (1 + 1e-6));
      Plan without = PLANNER.plan(group, LENGTH).orElseThrow();
      bound += seconds(without, group, limits) > 1.05 * seconds ? 1 : 0;
    }
    assertThat(bound).as("groups in which a pair decided").isGreaterThan(50);
  }

  @Test
  void isTheBoundOfTheLinksWhereNoPairIsLimited() {
    List<PlanMember> group = List.of(trainer(10), trainer(20), trainer(80));
    assertThat(plan(group, List.of()).lowerBoundSeconds())
        .isCloseTo(PLANNER.plan(group, LENGTH).orElseThrow().lowerBoundSeconds(), within(1e-12));
  }

  private static double bySearch(
      SplittableRandom random, List<PlanMember> group, List<PairLimit> limits) {
    double[] best = new double[group.size()];
    best[0] = 1;
    double least = seconds(best, group, limits);
    for (double reach = 1; reach > 1e-3; reach *= 0.98) {
      double[] tried = best.clone();
      int from = random.nextInt(tried.length);
      int to = random.nextInt(tried.length);
      double moved = tried[from] * Math.min(1, reach * random.nextDouble());
      tried[from] -= moved;
      tried[to] += moved;
      double seconds = seconds(tried, group, limits);
      if (seconds < least) {
        least = seconds;
        best = tried;
      }
    }
    return least;
  }

  private static Plan plan(List<PlanMember> group, List<PairLimit> limits) {
    return PLANNER.plan(group, LENGTH, Codec.BLOCK_VALUES, limits).orElseThrow();
  }

  private static double seconds(Plan plan, List<PlanMember> group, List<PairLimit> limits) {
    double[] shares =
        plan.spans().stream().mapToDouble(span -> (double) span.length() / LENGTH).toArray();
    return seconds(shares, group, limits);
  }

  /** From the bytes themselves: two a value, up and down. */
  private static double seconds(double[] shares, List<PlanMember> group, List<PairLimit> limits) {
    double bytes = 2.0 * LENGTH;
    double last = 0;
    for (int i = 0; i < shares.length; i++) {
      double moved = bytes * (1 - shares[i]) + bytes * shares[i] * (group.size() - 1);
      Bandwidth up = group.get(i).up();
      last = Math.max(last, up == null ? 0 : moved / up.bytesPerSecond());
    }
    for (PairLimit limit : limits) {
      double moved = bytes * (shares[limit.from()] + shares[limit.to()]);
      last = Math.max(last, moved / limit.rate().bytesPerSecond());
    }
    return last;
  }

  private static PlanMember trainer(double megabits) {
    return PlanMember.trainer(mbit(megabits), mbit(megabits));
  }

  private static Bandwidth mbit(double megabits) {
    return Bandwidth.ofMegabitsPerSecond(megabits);
  }
}
