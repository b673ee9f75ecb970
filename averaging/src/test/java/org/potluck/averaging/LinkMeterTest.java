package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.network.Bandwidth;
import org.potluck.network.simulation.PeerProfile;

class LinkMeterTest {
  @Test
  void aRoundShowsWhatTheUplinkCarries() {
    for (int seed = 0; seed < 5; seed++) {
      double[] megabits = {10, 20, 40};
      Swarm swarm =
          new Swarm(
              seed,
              3,
              1_000_000,
              i ->
                  PeerProfile.home()
                      .withBandwidth(
                          Bandwidth.ofMegabitsPerSecond(megabits[i]),
                          Bandwidth.ofMegabitsPerSecond(200)));
      List<LinkMeter> meters =
          swarm.networks.stream()
              .map(network -> new LinkMeter(network, LinkMeter.Limits.NONE))
              .toList();
      swarm.averageAll();
      swarm.finish();
      swarm.simulation.runFor(Duration.ofSeconds(1));
      double before = 0;
      for (int i = 0; i < 3; i++) {
        double declared = meters.get(i).link().upload().megabitsPerSecond();
        // The slowest is full all the time, the others wait for it and show less than they could.
        assertThat(declared)
            .as("seed %d, %s Mbit/s", seed, megabits[i])
            .isBetween((i == 0 ? 1.0 : 0.6) * megabits[i], 1.4 * megabits[i])
            .isGreaterThan(before);
        before = declared;
      }
    }
  }

  @Test
  void nothingIsDeclaredBeforeAnythingWasSeen() {
    Swarm swarm = new Swarm(1, 2, 100);
    LinkMeter meter = new LinkMeter(swarm.networks.getFirst(), LinkMeter.Limits.NONE);
    swarm.averageAll();
    swarm.finish();
    assertThat(meter.link().upload()).as("400 bytes show nothing").isEqualTo(Bandwidth.NONE);
  }

  @Test
  void theOwnersLimitIsNeverExceeded() {
    Swarm swarm = new Swarm(2, 3, 1_000_000, i -> PeerProfile.home());
    Bandwidth five = Bandwidth.ofMegabitsPerSecond(5);
    LinkMeter meter = new LinkMeter(swarm.networks.getFirst(), new LinkMeter.Limits(five, five));
    swarm.averageAll();
    swarm.finish();
    swarm.simulation.runFor(Duration.ofSeconds(1));
    assertThat(meter.link().upload()).isEqualTo(five);
    assertThat(meter.link().download()).isEqualTo(five);
  }

  @Test
  void talkBetweenRoundsAndASingleOutlierDoNotCount() {
    SplittableRandom random = new SplittableRandom(3);
    RateHistory history = new RateHistory();
    for (int round = 0; round < 20; round++) {
      for (int window = 0; window < 100; window++) {
        history.add(random.nextInt(4000), 0.1);
      }
      long bytes = round == 17 ? 50_000_000 : 200_000;
      history.add(3 * bytes, 0.1); // the socket's buffer
      for (int window = 0; window < 10; window++) {
        history.add(window % 3 == 0 ? bytes / 2 : bytes, 0.1);
      }
    }
    history.add(0, 0.1);
    assertThat(history.bytesPerSecond()).isCloseTo(2_000_000, within(1.0));
  }
}
