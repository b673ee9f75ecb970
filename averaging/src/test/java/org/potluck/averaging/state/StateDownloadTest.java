package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

class StateDownloadTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int BYTES = 5 << 20;

  private final Simulation simulation = new Simulation(1);
  private final List<SimulatedNetwork> hosts = new ArrayList<>();
  private final List<StateDonor> donors = new ArrayList<>();
  private final SimulatedNetwork newcomer = simulation.addPeer(PeerProfile.datacenter());

  private void addDonors(int count) {
    for (int i = 0; i < count; i++) {
      SimulatedNetwork host = simulation.addPeer(PeerProfile.datacenter());
      newcomer.remember(host.self(), host.addresses());
      hosts.add(host);
      donors.add(new StateDonor(host, 2));
    }
  }

  private Snapshot snapshot(long epoch) {
    byte[] one = new byte[BYTES];
    byte[] two = new byte[BYTES / 2 + 12];
    simulation.random("snapshot " + epoch).nextBytes(one);
    simulation.random("snapshot " + epoch).nextBytes(two);
    return new Snapshot(
        epoch,
        List.of(MemorySegment.ofArray(one), MemorySegment.ofArray(two)),
        new byte[] {1, (byte) epoch});
  }

  private CompletableFuture<Snapshot> download(long epochMin) {
    List<PeerId> peers = hosts.stream().map(SimulatedNetwork::self).toList();
    return StateDownload.start(newcomer, peers, epochMin, 1 << 30, Duration.ofMinutes(1));
  }

  private static void areEqual(Snapshot one, Snapshot other) {
    assertThat(one.epoch()).isEqualTo(other.epoch());
    assertThat(one.metadata()).isEqualTo(other.metadata());
    assertThat(one.segments()).hasSameSizeAs(other.segments());
    for (int i = 0; i < one.segments().size(); i++) {
      assertThat(one.segments().get(i).toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(other.segments().get(i).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Test
  void fetchesFromSeveralDonors() {
    addDonors(3);
    donors.forEach(donor -> donor.offer(snapshot(7)));
    areEqual(simulation.await(download(7), LIMIT), snapshot(7));
    assertThat(hosts)
        .allSatisfy(host -> assertThat(host.total().bytesSent()).isGreaterThan(1 << 20));
  }

  @Test
  void survivesADonorThatVanishes() {
    addDonors(2);
    donors.forEach(donor -> donor.offer(snapshot(7)));
    simulation.at(Duration.ofMillis(30), () -> simulation.crash(hosts.getFirst()));
    areEqual(simulation.await(download(7), LIMIT), snapshot(7));
  }

  @Test
  void survivesADonorThatFallsSilent() {
    addDonors(2);
    donors.forEach(donor -> donor.offer(snapshot(7)));
    simulation.at(Duration.ofMillis(30), () -> simulation.cutPower(hosts.getFirst()));
    areEqual(simulation.await(download(7), LIMIT), snapshot(7));
  }

  @Test
  void followsDonorsThatMoveOn() {
    addDonors(2);
    donors.forEach(donor -> donor.offer(snapshot(7)));
    simulation.at(Duration.ofMillis(30), () -> donors.forEach(donor -> donor.offer(snapshot(8))));
    areEqual(simulation.await(download(7), LIMIT), snapshot(8));
  }

  @Test
  void goesWithTheMajority() {
    addDonors(3);
    donors.get(0).offer(snapshot(9));
    donors.get(1).offer(snapshot(7));
    donors.get(2).offer(snapshot(7));
    areEqual(simulation.await(download(0), LIMIT), snapshot(7));
  }

  @Test
  void failsInWordsWhenNobodyHasIt() {
    addDonors(2);
    CompletableFuture<Snapshot> download = download(3);
    assertThatThrownBy(() -> simulation.await(download, LIMIT))
        .hasCauseInstanceOf(NetworkException.class)
        .hasMessageContaining("no peer could give us the model");
  }

  @Test
  void refusesASnapshotThatIsTooLarge() {
    addDonors(1);
    donors.getFirst().offer(snapshot(7));
    CompletableFuture<Snapshot> download =
        StateDownload.start(
            newcomer, List.of(hosts.getFirst().self()), 0, 1 << 20, Duration.ofMinutes(1));
    assertThatThrownBy(() -> simulation.await(download, LIMIT))
        .hasCauseInstanceOf(NetworkException.class);
  }
}
