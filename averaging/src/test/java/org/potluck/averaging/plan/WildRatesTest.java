package org.potluck.averaging.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.Bandwidth;

/** Rates are a peer's own word, and any finite number that is not negative can be said. */
class WildRatesTest {
  private static final double[] RATES = {
    0,
    Double.MIN_VALUE,
    1e-300,
    1e-9,
    0.5,
    1,
    3,
    1e3,
    2.5e6,
    1.25e8,
    1e12,
    1e100,
    1e300,
    Double.MAX_VALUE
  };

  @Test
  void noRateThatCanBeDeclaredKeepsAGroupFromItsPlan() {
    for (int seed = 0; seed < 3000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<PlanMember> group = new ArrayList<>();
      group.add(PlanMember.trainer(new Bandwidth(2.5e6), new Bandwidth(2.5e7)));
      for (int others = 1 + random.nextInt(7); others > 0; others--) {
        group.add(
            new PlanMember(
                rate(random),
                rate(random),
                random.nextInt(4) > 0,
                random.nextInt(4) > 0,
                random.nextInt(4) > 0));
      }
      List<PairLimit> limits = new ArrayList<>();
      for (int pairs = random.nextInt(4); pairs > 0; pairs--) {
        int from = random.nextInt(group.size());
        int to = (from + 1 + random.nextInt(group.size() - 1)) % group.size();
        Bandwidth rate = rate(random);
        if (rate.bytesPerSecond() > 0) {
          limits.add(new PairLimit(from, to, rate));
        }
      }
      long length = 1L << random.nextInt(41);
      double shareMin = random.nextBoolean() ? 0 : Planner.SHARE_MIN;
      Plan plan =
          new Planner(CodecId.FLOAT16, CodecId.NONE, shareMin)
              .plan(group, length, Codec.BLOCK_VALUES, limits)
              .orElseThrow();
      assertThat(plan.length()).as("seed %d", seed).isEqualTo(length);
      assertThat(plan.lowerBoundSeconds()).as("seed %d", seed).isFinite();
      for (int i = 0; i < group.size(); i++) {
        boolean may = plan.spans().get(i).isEmpty() || group.get(i).reduces();
        assertThat(may).as("seed %d, member %d reduces", seed, i).isTrue();
      }
    }
  }

  /** Whoever says that its link carries next to nothing reduces nothing, and the others do. */
  @Test
  void aLinkOfLessThanAByteASecondCountsAsNone() {
    PlanMember usual = PlanMember.trainer(new Bandwidth(1e7), new Bandwidth(1e7));
    Planner planner = new Planner(CodecId.FLOAT16, CodecId.FLOAT16);
    Plan without =
        planner
            .plan(
                List.of(usual, usual, PlanMember.trainer(Bandwidth.NONE, Bandwidth.NONE)),
                1_000_000)
            .orElseThrow();
    for (double rate : new double[] {Double.MIN_VALUE, 1e-300, 1e-9, 0.9}) {
      PlanMember slow = PlanMember.trainer(new Bandwidth(rate), new Bandwidth(rate));
      assertThat(planner.plan(List.of(usual, usual, slow), 1_000_000).orElseThrow())
          .as("%s bytes a second", rate)
          .isEqualTo(without);
    }
  }

  private static Bandwidth rate(SplittableRandom random) {
    return new Bandwidth(RATES[random.nextInt(RATES.length)]);
  }
}
