package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.potluck.network.PeerId;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.Simulation;

class DirectionTest {
  private static final long MANY = 1_000_000;
  private static final PeerId PEER =
      new Simulation(1, NetworkConditions.usual()).addPeer(PeerProfile.home()).self();

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

  @Test
  void oneOddRoundIsNotHeldAgainstAnybody() {
    Bearings bearings = new Bearings();
    for (double ratio : new double[] {1, 0.9, 0, 1.2, -0.1, 0.8, 0.7}) {
      assertThat(bearings.after(PEER, ratio).map(Bearings.Trend::mean).orElse(1.0))
          .as("after %s", ratio)
          .isGreaterThan(0.3);
    }
  }

  @Test
  void afterThreeRoundsTheirMeanIsTold() {
    Bearings bearings = new Bearings();
    Optional<Bearings.Trend> last = Optional.empty();
    for (int round = 0; round < 3; round++) {
      assertThat(last).isEmpty();
      last = bearings.after(PEER, -1);
    }
    assertThat(last.orElseThrow().mean()).isEqualTo(-1);
    assertThat(last.orElseThrow().rounds()).isEqualTo(3);
  }

  private static double[] equal(int count) {
    double[] weights = new double[count];
    Arrays.fill(weights, 8);
    return weights;
  }
}
