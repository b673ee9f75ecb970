package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class DirectionTest {
  private static final long MANY = 1_000_000;

  @Test
  void measuresByTheMedianOfTheGroup() {
    Direction direction =
        new Direction(new double[] {0.42, 0.45, 0.45, -0.42, 0}, equal(5), 0, MANY);
    assertThat(direction.ratio(1).orElseThrow()).isGreaterThan(1);
    assertThat(direction.ratio(3).orElseThrow()).isCloseTo(-1, within(0.01));
    assertThat(direction.ratio(4).orElseThrow()).isZero();
  }

  @Test
  void saysNothingWhereAgreementIsChance() {
    Direction direction =
        new Direction(new double[] {0.01, 0.02, -0.02, 0.01, 0.03}, equal(5), 0, MANY);
    assertThat(direction.ratio(2)).isEmpty();
    assertThat(new Direction(new double[] {0.2, 0.2, 0.2, 0.2, -0.2}, equal(5), 0, 100).ratio(4))
        .as("few values agree by chance")
        .isEmpty();
  }

  @Test
  void saysNothingWhereHonestPeersDiffer() {
    double[] late = {0.5, 0.77, 0.14, 0.3, 0.55, 0.05, 0.4};
    assertThat(new Direction(late, equal(7), 0, MANY).ratio(5)).isEmpty();
  }

  @Test
  void inBadCompanyItDoesNotAccuseAnybody() {
    Direction direction =
        new Direction(new double[] {-0.4, 0.45, 0.45, 0.42, 0.42}, equal(5), 0, MANY);
    assertThat(direction.ratio(4)).isEmpty();
  }

  @Test
  void threeAreTooFewToTell() {
    assertThat(new Direction(new double[] {0.5, 0.5, -0.5}, equal(3), 0, MANY).ratio(2)).isEmpty();
  }

  @Test
  void fewSamplesAreMadeUpForAndVeryFewNotJudged() {
    double[] weights = {16, 16, 16, 4, 1};
    Direction direction = new Direction(new double[] {0.4, 0.4, 0.4, 0.2, 0}, weights, 0, MANY);
    assertThat(direction.ratio(3).orElseThrow()).isCloseTo(1, within(0.01));
    assertThat(direction.ratio(4)).isEmpty();
  }

  /** Each condition by itself, on either side of its limit. */
  @Test
  void saysNothingBeyondItsLimits() {
    assertThat(of(0.051, 0.051, 0.051, 0.051)).as("the least agreement").isPresent();
    assertThat(of(0.049, 0.049, 0.049, 0.049)).isEmpty();
    double[] agreements = {0.4, 0.4, 0.4, 0.4, -0.4};
    assertThat(new Direction(agreements, equal(5), 0, 101).ratio(4)).as("chance").isPresent();
    assertThat(new Direction(agreements, equal(5), 0, 99).ratio(4)).isEmpty();
    assertThat(apart(0.079)).as("alike").isPresent();
    assertThat(apart(0.081)).isEmpty();
    assertThat(of(0.201, 0.4, 0.4, 0.4)).as("this peer among them").isPresent();
    assertThat(of(0.199, 0.4, 0.4, 0.4)).isEmpty();
    double[] light = {8, 8, 8, 8, 1.01};
    assertThat(new Direction(agreements, light, 0, MANY).ratio(4)).as("weight").isPresent();
    light[4] = 0.99;
    assertThat(new Direction(agreements, light, 0, MANY).ratio(4)).isEmpty();
  }

  @Test
  void manySamplesAreNotHeldAgainstAnybody() {
    Direction direction =
        new Direction(
            new double[] {0.4, 0.4, 0.4, 0.4, 0.4}, new double[] {8, 8, 8, 8, 800}, 0, MANY);
    assertThat(direction.ratio(4)).hasValue(1);
  }

  private static OptionalDouble apart(double by) {
    double[] agreements = {0.4, 0.4 - by, 0.4 + by, 0.4 - by, 0.4 + by};
    return new Direction(agreements, equal(5), 0, MANY).ratio(4);
  }

  /** What is said of a fifth member, which is as the second. */
  private static OptionalDouble of(double... four) {
    double[] agreements = Arrays.copyOf(four, 5);
    agreements[4] = four[1];
    return new Direction(agreements, equal(5), 0, MANY).ratio(4);
  }

  private static double[] equal(int count) {
    double[] weights = new double[count];
    Arrays.fill(weights, 8);
    return weights;
  }
}
