package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/** What is remembered of a peer over some rounds, and from which mean on it is held against it. */
class BearingsTest {
  private static final PeerId PEER = Identity.generate(new Random(1)).peerId();

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

  @Test
  void moreThanFiveRoundsAgoIsForgotten() {
    Bearings bearings = new Bearings();
    List<Integer> rounds = new ArrayList<>();
    for (double ratio : new double[] {-1, 0.5, 0.5, 0.5, 0.5, 0.5}) {
      bearings.after(PEER, ratio).ifPresent(trend -> rounds.add(trend.rounds()));
    }
    assertThat(rounds).containsExactly(3, 4, 5, 5);
    assertThat(bearings.trend(PEER).orElseThrow().mean()).isEqualTo(0.5);
  }

  @Test
  void oneRoundCountsForOneAtMost() {
    Bearings bearings = new Bearings();
    for (double ratio : new double[] {7, -7, 7}) {
      var _ = bearings.after(PEER, ratio);
    }
    assertThat(bearings.trend(PEER).orElseThrow().mean()).isCloseTo(1.0 / 3, within(1e-9));
  }

  /** The first rounds of a run have fewer before them. */
  @Test
  void whatWasNotMeasuredInAllRoundsHasNoMean() {
    Bearings bearings = new Bearings();
    var _ = bearings.after(PEER, 1, 0.3);
    var _ = bearings.after(PEER, 1, 0.6, 0.9);
    var _ = bearings.after(PEER, 1, 0.9, 0.9, 0.9);
    double[] means = bearings.trend(PEER).orElseThrow().means();
    assertThat(means).containsExactly(new double[] {1, 0.6}, within(1e-9));
  }

  @Test
  void aRoundThatSaysNothingChangesNothing() {
    Bearings bearings = new Bearings();
    for (int round = 0; round < 3; round++) {
      var _ = bearings.after(PEER, OptionalDouble.of(0.4));
    }
    assertThat(bearings.after(PEER, OptionalDouble.empty())).isEmpty();
    assertThat(bearings.trend(PEER).orElseThrow().rounds()).isEqualTo(3);
  }

  @Test
  void chargesBeginWhereTheHandbookSays() {
    assertThat(Direction.charge(mean(-0.86)).map(Charge::misdeed)).contains(Misdeed.OPPOSES);
    assertThat(Direction.charge(mean(-0.84)).map(Charge::misdeed)).contains(Misdeed.CONTRADICTS);
    assertThat(Direction.charge(mean(-0.21)).map(Charge::misdeed)).contains(Misdeed.CONTRADICTS);
    assertThat(Direction.charge(mean(-0.19)).map(Charge::misdeed)).contains(Misdeed.UNRELATED);
    assertThat(Direction.charge(mean(0.11)).map(Charge::misdeed)).contains(Misdeed.UNRELATED);
    assertThat(Direction.charge(mean(0.13))).isEmpty();
    assertThat(Company.charge(mean(0.11)).map(Charge::misdeed)).contains(Misdeed.UNRELATED);
    assertThat(Company.charge(mean(0.13))).isEmpty();
    assertThat(Copies.charge(mean(0.019)).map(Charge::misdeed)).contains(Misdeed.COPIED);
    assertThat(Copies.charge(mean(0.021))).isEmpty();
    assertThat(Echo.charge(mean(0.19)).map(Charge::misdeed)).contains(Misdeed.FALSE_AVERAGE);
    assertThat(Echo.charge(mean(0.21))).isEmpty();
    assertThat(Lag.charge(mean(0.4, 0.3, 0.2, 0.51)).map(Charge::misdeed)).contains(Misdeed.LATE);
    assertThat(Lag.charge(mean(0.4, 0.3, 0.2, 0.49))).isEmpty();
    assertThat(Lag.charge(mean(0.3, 0.4, 0.2, 0.49))).as("no later than the last").isEmpty();
  }

  @Test
  void aChargeNamesTheMeanAndItsRounds() {
    assertThat(Direction.charge(mean(-0.5)).orElseThrow().reason())
        .isEqualTo(
            "what it contributes points away from the others'"
                + " (agreement -0.50 of theirs in 4 rounds)");
    assertThat(Copies.charge(mean(0.0123)).orElseThrow().reason())
        .isEqualTo(
            "what it contributes is an earlier average"
                + " (0.012 of what others have of their own, in 4 rounds)");
    assertThat(Lag.charge(mean(0.1, 0.2, 0.3, 0.9)).orElseThrow().reason())
        .isEqualTo(
            "what it contributes is of 3 rounds ago (agreement 0.90 with then, 0.10 with now)");
  }

  private static Bearings.Trend mean(double... means) {
    return new Bearings.Trend(means, 4);
  }
}
