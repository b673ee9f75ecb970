package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NormLimitTest {
  private static final double NONE = Double.NaN;

  @Test
  void aMinorityCannotMoveTheReference() {
    double[] norms = {1, 1.2, 100, 0.9, 100, 1.1, NONE, Double.POSITIVE_INFINITY};
    assertThat(NormLimit.reference(norms, NONE)).isBetween(0.9, 1.2);
  }

  @Test
  void ofTwoTheLongerOneIsJudgedByTheShorter() {
    assertThat(NormLimit.of(new double[] {1, 100}, NONE, 0)).isEqualTo(10);
  }

  @Test
  void whatWasUsualDecidesWhereTheRoundCannot() {
    assertThat(NormLimit.reference(new double[] {1, 1, 100, 100}, 1)).isEqualTo(1);
  }

  @Test
  void whenAllBecomeLongerThatIsTheNewUsual() {
    assertThat(NormLimit.reference(new double[] {30, 33, 31}, 1)).isEqualTo(30);
  }

  @Test
  void whoeverIsAloneIsNotJudgedByThePast() {
    assertThat(NormLimit.reference(new double[] {NONE, 30, NONE}, 1)).isEqualTo(30);
    assertThat(NormLimit.reference(new double[] {NONE}, 1)).isEqualTo(1);
  }

  @Test
  void wherePartsAreNearlyEmptyOneMayHaveSomething() {
    double[] rareWords = {0, 0, 0.4, 0, 0};
    assertThat(NormLimit.of(rareWords, NONE, 1)).isGreaterThan(0.4);
    assertThat(NormLimit.of(rareWords, NONE, 1)).isEqualTo(0.5);
  }

  @Test
  void fewerSamplesMayBeNoisier() {
    assertThat(NormLimit.allowance(4, 16)).isEqualTo(2);
    assertThat(NormLimit.allowance(64, 16)).isEqualTo(1);
    assertThat(NormLimit.allowance(1e-9, 16)).isEqualTo(8);
  }

  @Test
  void whoBringsNothingIsNoneOfThoseByWhomWeightsAreMeasured() {
    assertThat(Medians.ofPositive(new double[] {0, 0, 0, 8, 16, 0})).isEqualTo(8);
    assertThat(Medians.ofPositive(new double[] {0, 0})).isZero();
  }
}
