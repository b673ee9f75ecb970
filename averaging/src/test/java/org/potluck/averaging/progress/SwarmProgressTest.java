package org.potluck.averaging.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.Role;
import org.potluck.averaging.SharedDht;
import org.potluck.network.Bandwidth;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

class SwarmProgressTest {
  private final Simulation simulation = new Simulation(1);
  private final SharedDht dht = new SharedDht();
  private final List<SimulatedNetwork> networks = new ArrayList<>();
  private final List<SwarmProgress> all = new ArrayList<>();

  private void add(int peers) {
    for (int i = 0; i < peers; i++) {
      SimulatedNetwork network = simulation.addPeer(PeerProfile.datacenter());
      networks.add(network);
      all.add(new SwarmProgress(network, dht.of(network), "run"));
    }
  }

  private void report(int peer, long epoch, long samples, double rate) {
    SwarmProgress progress = all.get(peer);
    progress.report(
        progress.own(
            "peer " + peer,
            Role.TRAINER,
            epoch,
            samples,
            rate,
            Double.NaN,
            new byte[32],
            Bandwidth.ofMegabitsPerSecond(10),
            Bandwidth.ofMegabitsPerSecond(10)));
  }

  private void meet(int peers) {
    add(peers);
    for (int i = 0; i < peers; i++) {
      report(i, 3, 10, 2);
    }
    simulation.runFor(Duration.ofSeconds(3));
  }

  @Test
  void addsUpWhatEverybodyGathered() {
    meet(4);
    for (SwarmProgress progress : all) {
      SwarmState state = progress.state();
      assertThat(state.epoch()).isEqualTo(3);
      assertThat(state.trainers()).isEqualTo(4);
      assertThat(state.samplesReported()).isEqualTo(40);
      assertThat(state.samplesPerSecond()).isEqualTo(8);
      assertThat(state.dueAt(40)).contains(state.at());
      assertThat(state.dueAt(1000)).hasValueSatisfying(at -> assertThat(at).isAfter(state.at()));
    }
  }

  @Test
  void hearsOfNewsWithinARoundTrip() {
    meet(3);
    report(0, 4, 0, 2);
    simulation.runFor(Duration.ofMillis(10));
    assertThat(all.get(1).behind()).isTrue();
    assertThat(all.get(2).state().epoch()).isEqualTo(4);
    assertThat(all.get(0).behind()).isFalse();
  }

  @Test
  void forgetsThePeerThatIsGone() {
    meet(3);
    simulation.crash(networks.get(0));
    simulation.runFor(Duration.ofMinutes(2));
    assertThat(all.get(1).state().trainers()).isEqualTo(2);
  }

  @Test
  void hearsAGoodBye() {
    meet(3);
    all.get(0).close();
    simulation.runFor(Duration.ofMillis(10));
    assertThat(all.get(1).state().trainers()).isEqualTo(2);
  }

  @Test
  void ignoresWhatIsNoRecordOfTheRun() {
    add(1);
    assertThat(PeerProgress.decode(networks.getFirst().self(), "run", new byte[] {1, 2, 3}))
        .isEmpty();
    assertThat(PeerProgress.decode(networks.getFirst().self(), "run", new byte[1 << 20])).isEmpty();
    byte[] other =
        all.getFirst()
            .own("a", Role.TRAINER, 1, 1, 1, 1, new byte[0], Bandwidth.NONE, Bandwidth.NONE)
            .encode("another", false);
    assertThat(PeerProgress.decode(networks.getFirst().self(), "run", other)).isEmpty();
  }
}
