package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LagTest {
  private static final int MANY = 1000;

  /** With the others now, and with the averages of the four rounds before. */
  private static final double[] FRESH = {0.8, 0.4, 0, 0.3, 0.2};

  private static final double[] OF_FOUR_ROUNDS_AGO = {0.4, 0.3, 0.1, 0.3, 0.8};

  @Test
  void whoeverAgreesWithThePastRatherThanWithThePresentIsLate() {
    Lag lag = new Lag(group(OF_FOUR_ROUNDS_AGO), equal(5), 0, MANY);
    assertThat(Lag.late(lag.cosines(1).orElseThrow())).isFalse();
    double[] late = lag.cosines(4).orElseThrow();
    assertThat(Lag.late(late)).isTrue();
    assertThat(Lag.rounds(late)).isEqualTo(4);
  }

  @Test
  void saysNothingWhereGradientsDoNotTurn() {
    double[] slow = {0.5, 0.45, 0.44, 0.43, 0.42};
    double[] late = {0.3, 0.35, 0.4, 0.45, 0.5};
    double[][] group = {slow, slow, slow, slow, late};
    assertThat(new Lag(group, equal(5), 0, MANY).cosines(4)).isEmpty();
  }

  @Test
  void saysNothingWhereHonestPeersDiffer() {
    double[][] group = group(OF_FOUR_ROUNDS_AGO);
    group[1] = new double[] {0.9, 0.4, 0.1, 0.1, 0.1};
    group[2] = new double[] {0.5, 0.4, 0.1, 0.4, 0.1};
    assertThat(new Lag(group, equal(5), 0, MANY).cosines(4)).isEmpty();
  }

  @Test
  void inBadCompanyItDoesNotAccuseAnybody() {
    double[][] group = group(OF_FOUR_ROUNDS_AGO);
    assertThat(new Lag(group, equal(5), 4, MANY).cosines(4)).isEmpty();
    assertThat(new Lag(group, equal(5), -1, MANY).cosines(4)).isEmpty();
  }

  @Test
  void whoseDataAreItsOwnIsNotLate() {
    double[] own = {0.2, 0.5, 0.45, 0.5, 0.5};
    assertThat(Lag.late(new Lag(group(own), equal(5), 0, MANY).cosines(4).orElseThrow())).isFalse();
  }

  @Test
  void fewPlacesFewPeersFewRoundsAndFewSamplesSayNothing() {
    double[][] group = group(OF_FOUR_ROUNDS_AGO);
    assertThat(new Lag(group, equal(5), 0, 100).cosines(4)).isEmpty();
    double[][] three = {FRESH, FRESH, OF_FOUR_ROUNDS_AGO};
    assertThat(new Lag(three, equal(3), 0, MANY).cosines(2)).isEmpty();
    double[][] second = new double[5][];
    Arrays.setAll(second, member -> Arrays.copyOf(group[member], 3));
    assertThat(new Lag(second, equal(5), 0, MANY).cosines(4)).isEmpty();
    double[] weights = {8, 8, 8, 8, 0.5};
    assertThat(new Lag(group, weights, 0, MANY).cosines(4)).isEmpty();
  }

  /** Each condition by itself, on either side of its limit. */
  @Test
  void saysNothingBeyondItsLimits() {
    assertThat(leads(0.201, 0, 0, MANY).cosines(4)).as("how much gradients turn").isPresent();
    assertThat(leads(0.199, 0, 0, MANY).cosines(4)).isEmpty();
    assertThat(leads(0.3, 0.104, 0, MANY).cosines(4)).as("alike").isPresent();
    assertThat(leads(0.3, 0.106, 0, MANY).cosines(4)).isEmpty();
    assertThat(leads(0.3, 0, 0, 257).cosines(4)).as("places").isPresent();
    assertThat(leads(0.3, 0, 0, 255).cosines(4)).isEmpty();
    assertThat(leads(0.3, 0, 0.29, MANY).cosines(4)).as("this peer").isPresent();
    assertThat(leads(0.3, 0, 0.31, MANY).cosines(4)).isEmpty();
    double[] weights = {8, 8, 8, 8, 1.01};
    double[][] group = group(OF_FOUR_ROUNDS_AGO);
    assertThat(new Lag(group, weights, 0, MANY).cosines(4)).as("weight").isPresent();
    weights[4] = 0.99;
    assertThat(new Lag(group, weights, 0, MANY).cosines(4)).isEmpty();
  }

  /** It is asked how gradients turn from two rounds ago until now, whatever the last one was. */
  @Test
  void theLastRoundSaysNothingOfHowGradientsTurn() {
    double[] turned = {0.5, 0.2, 0.2, 0.2, 0.2};
    double[][] group = {turned, turned, turned, turned, turned};
    assertThat(new Lag(group, equal(5), 0, MANY).cosines(4)).isPresent();
  }

  /**
   * All agree with the present by so much more than with the past, every other one by {@code apart}
   * more or less than that, and this peer less by {@code late}.
   */
  private static Lag leads(double lead, double apart, double late, int places) {
    double[][] cosines = new double[5][];
    Arrays.setAll(
        cosines,
        member -> {
          double now = 0.4 + lead + (member == 0 ? -late : member % 2 == 0 ? apart : -apart);
          return new double[] {now, 0, 0.4, 0.4, 0.4};
        });
    return new Lag(cosines, equal(5), 0, places);
  }

  private static double[][] group(double[] last) {
    return new double[][] {FRESH, FRESH, FRESH, FRESH, last};
  }

  private static double[] equal(int count) {
    double[] weights = new double[count];
    Arrays.fill(weights, 8);
    return weights;
  }
}
