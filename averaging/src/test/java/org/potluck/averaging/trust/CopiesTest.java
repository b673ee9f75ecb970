package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Copies of averages beside honest contributions of many samples, which look most like them. */
class CopiesTest {
  private static final int VALUES = 4096;
  private static final int MEMBERS = 6;
  private static final double[] EQUAL = equal();

  @Test
  void whoeverHasNothingOfItsOwnIsFound() {
    double[][] past = {{0.4, 0.3}, {0.5, 0.3}, {0.3, 0.3}, {0.4, 0.2}, {0.9999, 0.4}, {0.4, 0.998}};
    Copies copies = new Copies(past, EQUAL, 0, VALUES);
    assertThat(Copies.copied(copies.ratio(4).orElseThrow())).isTrue();
    assertThat(Copies.copied(copies.ratio(5).orElseThrow())).as("of the round before").isTrue();
    assertThat(Copies.copied(copies.ratio(1).orElseThrow())).isFalse();
  }

  /**
   * The hardest case: the gradient has not turned at all, and one peer has so many samples that its
   * own noise is next to nothing.
   */
  @Test
  void manySamplesAreNoCopyEvenWhereGradientsDoNotTurn() {
    for (int seed = 0; seed < 20; seed++) {
      for (double noise : new double[] {0.5, 1, 3, 10}) {
        for (double more : new double[] {1, 10, 100, 10_000}) {
          double[] weights = EQUAL.clone();
          weights[MEMBERS - 1] *= more;
          double ratio = honest(new Random(seed), noise, weights).ratio(MEMBERS - 1).orElse(1);
          assertThat(ratio)
              .as("seed %d, noise %s, %s times the samples", seed, noise, more)
              .isGreaterThan(0.5);
        }
      }
    }
  }

  @Test
  void whereEverybodyIsNearlyTheLastAverageNobodyIsACopy() {
    double[][] past = {{0.97}, {0.97}, {0.96}, {0.97}, {0.99999}, {0.97}};
    assertThat(new Copies(past, EQUAL, 0, VALUES).ratio(4)).isEmpty();
  }

  @Test
  void aCopierAccusesNobodyAndFewSayNothing() {
    double[][] past = {{0.4}, {0.5}, {0.3}, {0.4}, {0.99999}, {0.99999}};
    assertThat(new Copies(past, EQUAL, 4, VALUES).ratio(5)).isEmpty();
    assertThat(new Copies(past, EQUAL, -1, VALUES).ratio(5)).isEmpty();
    assertThat(new Copies(past, EQUAL, 0, 100).ratio(5)).isEmpty();
    double[][] three = {{0.4}, {0.5}, {0.99999}};
    assertThat(new Copies(three, new double[] {8, 8, 8}, 0, VALUES).ratio(2)).isEmpty();
    assertThat(new Copies(new double[MEMBERS][0], EQUAL, 0, VALUES).ratio(2)).isEmpty();
  }

  /** Each condition by itself, on either side of its limit. */
  @Test
  void saysNothingBeyondItsLimits() {
    assertThat(remainders(0.101, 0.101, VALUES).ratio(4)).as("the least of its own").isPresent();
    assertThat(remainders(0.099, 0.099, VALUES).ratio(4)).isEmpty();
    assertThat(remainders(0.4, 0.4, 257).ratio(4)).as("places").isPresent();
    assertThat(remainders(0.4, 0.4, 255).ratio(4)).isEmpty();
    assertThat(remainders(0.4, 0.201, VALUES).ratio(4)).as("this peer").isPresent();
    assertThat(remainders(0.4, 0.199, VALUES).ratio(4)).isEmpty();
  }

  @Test
  void fewSamplesAreNotTakenForLess() {
    double[][] past = {{0.4}, {0.4}, {0.4}, {0.4}, {0.4}, {-0.99999}};
    double[] weights = EQUAL.clone();
    weights[4] = 1;
    Copies copies = new Copies(past, weights, 0, VALUES);
    assertThat(copies.ratio(4)).hasValue(1);
    assertThat(Copies.copied(copies.ratio(5).orElseThrow())).as("with another sign").isTrue();
  }

  /** All have so much of their own, in square, and this peer {@code own}. */
  private static Copies remainders(double all, double own, int places) {
    double[][] past = new double[MEMBERS][];
    Arrays.setAll(past, member -> new double[] {Math.sqrt(1 - (member == 0 ? own : all))});
    return new Copies(past, EQUAL, 0, places);
  }

  /** A gradient, and its mean over all members with other noise, a round ago. */
  private static Copies honest(Random random, double noise, double[] weights) {
    double[][] now = new double[MEMBERS][VALUES];
    double[] before = new double[VALUES];
    double all = Arrays.stream(weights).sum();
    for (int i = 0; i < VALUES; i++) {
      double common = random.nextGaussian();
      for (int member = 0; member < MEMBERS; member++) {
        double own = noise * Math.sqrt(8 / weights[member]);
        now[member][i] = common + own * random.nextGaussian();
        before[i] += weights[member] / all * (common + own * random.nextGaussian());
      }
    }
    double[][] past = new double[MEMBERS][];
    Arrays.setAll(past, member -> new double[] {cosine(now[member], before)});
    return new Copies(past, weights, 0, VALUES);
  }

  private static double cosine(double[] one, double[] other) {
    double along = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < one.length; i++) {
      along += one[i] * other[i];
      first += one[i] * one[i];
      second += other[i] * other[i];
    }
    return along / Math.sqrt(first * second);
  }

  private static double[] equal() {
    double[] weights = new double[MEMBERS];
    Arrays.fill(weights, 8);
    return weights;
  }
}
