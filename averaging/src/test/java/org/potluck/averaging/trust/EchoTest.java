package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What comes back of one's own contribution from reducers that are honest, and that are not. */
class EchoTest {
  private static final int MEMBERS = 10;
  private static final int VALUES = 4096;

  @Test
  void anHonestAverageHoldsItsOwnLengthOfEachContribution() {
    for (double noise : new double[] {0, 1, 3}) {
      Echo.Heard heard = heard(1, noise, 1);
      assertThat(heard.along() / heard.square()).as("noise %s", noise).isCloseTo(1, within(0.25));
    }
  }

  @Test
  void theReducerThatLiesIsFarFromTheOthers() {
    assertThat(echo(-1, 1).ratio(3).orElseThrow()).isCloseTo(-1, within(0.2));
    assertThat(echo(10, 1).ratio(3).orElseThrow()).isCloseTo(0.1, within(0.05));
    assertThat(echo(-1, 1).ratio(4).orElseThrow()).isCloseTo(1, within(0.2));
  }

  @Test
  void whatAllSpansHaveInCommonIsHeldAgainstNobody() {
    double[] weights = equal(MEMBERS);
    List<Echo.Heard> poisoned = new ArrayList<>();
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      poisoned.add(new Echo.Heard(reducer, VALUES, 0.4, 1, 1));
    }
    assertThat(new Echo(poisoned, weights, 0).ratio(5).orElseThrow()).isEqualTo(1);
  }

  @Test
  void whereSpansDifferNothingIsSaid() {
    List<Echo.Heard> late = new ArrayList<>();
    double[] lengths = {0.2, 1.4, 0.9, -0.3, 2.1, 0.7, 1.2, 0.4, 1.6};
    for (int i = 0; i < lengths.length; i++) {
      late.add(new Echo.Heard(i + 1, VALUES, lengths[i], 1, 1));
    }
    assertThat(new Echo(late, equal(MEMBERS), 0).ratio(4)).isEmpty();
  }

  @Test
  void aPeerWhoseOwnContributionIsNowhereAccusesNobody() {
    List<Echo.Heard> nothing = new ArrayList<>();
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      nothing.add(new Echo.Heard(reducer, VALUES, reducer == 3 ? -0.01 : 0.01, 1, 1));
    }
    assertThat(new Echo(nothing, equal(MEMBERS), 0).ratio(3)).isEmpty();
  }

  @Test
  void fewReducersAndALightContributionSayNothing() {
    List<Echo.Heard> three = List.of(heard(1, 1, 1), heard(2, 1, 1), heard(3, 1, -1));
    assertThat(new Echo(three, equal(MEMBERS), 0).ratio(3)).isEmpty();
    double[] weights = equal(MEMBERS);
    weights[0] = 0.5;
    List<Echo.Heard> all = new ArrayList<>();
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      all.add(new Echo.Heard(reducer, VALUES, reducer == 3 ? -1 : 1, 1, 1));
    }
    assertThat(new Echo(all, weights, 0).ratio(3)).isEmpty();
    assertThat(new Echo(all, equal(MEMBERS), 0).ratio(3)).hasValue(-1);
  }

  @Test
  void anAverageOfAThousandTimesTheLengthIsKnownAtOnce() {
    assertThat(echo(1000, 1).excess(3)).isGreaterThan(500);
    assertThat(echo(1000, 1).excess(4)).isZero();
    assertThat(echo(30, 1).excess(3)).isZero();
    List<Echo.Heard> most = new ArrayList<>();
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      most.add(heard(reducer, 1, reducer > 4 ? 1000 : 1));
    }
    assertThat(new Echo(most, equal(MEMBERS), 0).excess(9)).as("then it is this peer").isZero();
  }

  @Test
  void whereThisPeerHasNothingOthersMayHaveSomething() {
    List<Echo.Heard> rare = new ArrayList<>();
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      rare.add(new Echo.Heard(reducer, VALUES, 0.5, 1, reducer == 3 ? 1e-12 : 1));
    }
    assertThat(new Echo(rare, equal(MEMBERS), 0).excess(3)).isZero();
  }

  /** Each condition by itself, on either side of its limit. */
  @Test
  void saysNothingBeyondItsLimits() {
    assertThat(lengths(0.251, 0, 8).ratio(4)).as("the shortest").isPresent();
    assertThat(lengths(0.249, 0, 8).ratio(4)).isEmpty();
    assertThat(lengths(3.99, 0, 8).ratio(4)).as("the longest").isPresent();
    assertThat(lengths(4.01, 0, 8).ratio(4)).isEmpty();
    assertThat(lengths(1, 0.249, 8).ratio(4)).as("alike").isPresent();
    assertThat(lengths(1, 0.251, 8).ratio(4)).isEmpty();
    assertThat(lengths(1, 0, 1.01).ratio(4)).as("weight").isPresent();
    assertThat(lengths(1, 0, 0.99).ratio(4)).isEmpty();
  }

  @Test
  void ofFourReducersTheOddOneIsKnownAndOfThreeNot() {
    List<Echo.Heard> heard = new ArrayList<>();
    for (int reducer = 1; reducer <= 4; reducer++) {
      heard.add(new Echo.Heard(reducer, VALUES, reducer == 3 ? -1 : 1, 1, 1));
    }
    assertThat(new Echo(heard, equal(5), 0).ratio(3)).hasValue(-1);
    assertThat(new Echo(heard.subList(0, 3), equal(4), 0).ratio(3)).isEmpty();
  }

  @Test
  void absurdIsFromAHundredTimesOnAndAccusedByAMinorityOfLengths() {
    assertThat(long3(101, 1, 8).excess(3)).isGreaterThan(100);
    assertThat(long3(99, 1, 8).excess(3)).isZero();
    assertThat(long3(101, 4, 8).excess(1)).as("four of nine").isGreaterThan(100);
    assertThat(long3(101, 5, 8).excess(1)).as("five of nine").isZero();
    assertThat(long3(101, 1, 0.9).excess(3)).as("of a light one's word").isZero();
    List<Echo.Heard> three = new ArrayList<>();
    for (int reducer = 1; reducer <= 3; reducer++) {
      three.add(new Echo.Heard(reducer, VALUES, 1, reducer == 3 ? 1e6 : 1, 1));
    }
    assertThat(new Echo(three, equal(4), 0).excess(3)).as("of three").isZero();
    List<Echo.Heard> four = new ArrayList<>();
    for (int reducer = 1; reducer <= 4; reducer++) {
      four.add(new Echo.Heard(reducer, VALUES, 1, reducer > 2 ? 1e6 : 1, 1));
    }
    assertThat(new Echo(four, equal(5), 0).excess(3)).as("two of four").isZero();
  }

  /** It is as long as what this peer brought there, which has much in this span. */
  @Test
  void whereThisPeerHasMuchTheAverageMayBeLong() {
    List<Echo.Heard> rich = new ArrayList<>();
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      boolean third = reducer == 3;
      rich.add(new Echo.Heard(reducer, third ? 1 : VALUES, 0.5, third ? 1e6 : 1, third ? 1e6 : 1));
    }
    assertThat(new Echo(rich, equal(MEMBERS), 0).excess(3)).isZero();
  }

  /** Of all reducers, every other one by {@code apart} more or less; of the own weight. */
  private static Echo lengths(double length, double apart, double weight) {
    List<Echo.Heard> heard = new ArrayList<>();
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      double away = reducer == 1 ? 0 : reducer % 2 == 0 ? apart : -apart;
      heard.add(new Echo.Heard(reducer, VALUES, length + away, 1, 1));
    }
    double[] weights = equal(MEMBERS);
    weights[0] = weight;
    return new Echo(heard, weights, 0);
  }

  /** So many reducers, the third among them, average what is so many times too long. */
  private static Echo long3(double times, int liars, double weight) {
    List<Echo.Heard> heard = new ArrayList<>();
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      boolean lies = liars == 1 ? reducer == 3 : reducer <= liars;
      heard.add(new Echo.Heard(reducer, VALUES, 1, lies ? times * times : 1, 1));
    }
    double[] weights = equal(MEMBERS);
    weights[0] = weight;
    return new Echo(heard, weights, 0);
  }

  /** Member 3 multiplies its average by {@code factor}. */
  private static Echo echo(float factor, double noise) {
    List<Echo.Heard> heard = new ArrayList<>();
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      heard.add(heard(reducer, noise, reducer == 3 ? factor : 1));
    }
    return new Echo(heard, equal(MEMBERS), 0);
  }

  private static Echo.Heard heard(int reducer, double noise, float factor) {
    Random random = new Random(reducer);
    float[] own = new float[VALUES];
    float[] average = new float[VALUES];
    for (int i = 0; i < VALUES; i++) {
      double common = random.nextGaussian();
      for (int member = 0; member < MEMBERS; member++) {
        float value = (float) (common + noise * random.nextGaussian());
        own[i] = member == 0 ? value : own[i];
        average[i] += factor * value / MEMBERS;
      }
    }
    return Echo.Heard.of(
        reducer, MemorySegment.ofArray(own), MemorySegment.ofArray(average), 0, VALUES);
  }

  private static double[] equal(int count) {
    double[] weights = new double[count];
    Arrays.fill(weights, 8);
    return weights;
  }
}
