package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.network.Bandwidth;
import org.potluck.network.Stream;

class LinkTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final Simulation simulation = new Simulation(11);
  private final Bandwidth fast = Bandwidth.ofMegabitsPerSecond(1000);
  private final PeerProfile quick =
      PeerProfile.datacenter().withDelay(Duration.ZERO, Duration.ZERO);

  @Test
  void tenMegabytesOverTwentyMegabitsTakeFourSeconds() {
    SimulatedNetwork slow = slowUp(20);
    assertThat(secondsToSend(slow, List.of(simulation.addPeer(quick)))).isBetween(4.0, 4.05);
  }

  @Test
  void twoReceiversShareTheUplink() {
    SimulatedNetwork slow = slowUp(20);
    List<SimulatedNetwork> two = List.of(simulation.addPeer(quick), simulation.addPeer(quick));
    List<Tape> tapes = two.stream().map(Tape::at).toList();
    assertThat(secondsToSend(slow, two, tapes)).isBetween(8.0, 8.1);
  }

  @Test
  void twoStreamsProgressAlike() {
    SimulatedNetwork slow = slowUp(20);
    List<SimulatedNetwork> two = List.of(simulation.addPeer(quick), simulation.addPeer(quick));
    List<Tape> tapes = two.stream().map(Tape::at).toList();
    for (SimulatedNetwork receiver : two) {
      new Tape().open(simulation, slow, receiver).write(Tape.bytes(10_000_000));
    }
    simulation.runFor(Duration.ofSeconds(4));
    int difference = tapes.get(0).bytes.size() - tapes.get(1).bytes.size();
    assertThat(tapes.get(0).bytes.size()).isBetween(4_900_000, 5_100_000);
    assertThat(Math.abs(difference)).isLessThanOrEqualTo(2 * 16384);
  }

  @Test
  void theDownlinkIsSharedByAllSenders() {
    SimulatedNetwork receiver =
        simulation.addPeer(quick.withBandwidth(fast, Bandwidth.ofMegabitsPerSecond(20)));
    Tape tape = Tape.at(receiver);
    List<Stream> streams = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      streams.add(new Tape().open(simulation, simulation.addPeer(quick), receiver));
    }
    Duration start = simulation.elapsed();
    streams.forEach(stream -> stream.write(Tape.bytes(2_500_000)));
    simulation.runUntil(() -> tape.bytes.size() == 10_000_000, HOUR);
    assertThat(seconds(simulation.elapsed().minus(start))).isBetween(4.0, 4.05);
  }

  @Test
  void connectingTakesTwoRoundTripsAndOpeningOne() {
    PeerProfile far = quick.withDelay(Duration.ofMillis(50), Duration.ZERO);
    SimulatedNetwork alice = simulation.addPeer(far);
    SimulatedNetwork bob = simulation.addPeer(far);
    Tape tape = Tape.at(bob);
    Stream stream = new Tape().open(simulation, alice, bob);
    assertThat(simulation.elapsed()).isEqualTo(Duration.ofMillis(600));
    stream.write(Tape.bytes(1));
    simulation.runUntil(() -> tape.bytes.size() == 1, HOUR);
    assertThat(simulation.elapsed()).isBetween(Duration.ofMillis(700), Duration.ofMillis(701));
    assertThat(alice.traffic(bob.self()).orElseThrow().roundTrip())
        .contains(Duration.ofMillis(200));
  }

  @Test
  void aLinkOfItsOwnReplacesTheDelaysOfThePeers() {
    SimulatedNetwork alice = simulation.addPeer(quick);
    SimulatedNetwork bob = simulation.addPeer(quick);
    Tape.at(bob);
    simulation.link(alice, bob, new LinkProfile(Duration.ofSeconds(1), Duration.ZERO));
    alice.remember(bob.self(), bob.addresses());
    simulation.await(alice.connect(bob.addresses().getFirst(), Duration.ofSeconds(9)), HOUR);
    assertThat(simulation.elapsed()).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void jitterNeverReordersAStream() {
    PeerProfile shaky = quick.withDelay(Duration.ofMillis(5), Duration.ofMillis(80));
    SimulatedNetwork bob = simulation.addPeer(shaky);
    Tape tape = Tape.at(bob);
    Stream stream = new Tape().open(simulation, simulation.addPeer(shaky), bob);
    stream.write(Tape.bytes(2_000_000));
    simulation.runUntilIdle();
    assertThat(tape.bytes.toByteArray()).isEqualTo(Tape.array(2_000_000));
  }

  @Test
  void trafficCountsPayloadAndFraming() {
    SimulatedNetwork alice = simulation.addPeer(quick);
    SimulatedNetwork bob = simulation.addPeer(quick);
    Tape.at(bob);
    Stream stream = new Tape().open(simulation, alice, bob);
    stream.write(Tape.bytes(1000));
    simulation.runUntilIdle();
    assertThat(alice.total().bytesSent()).isEqualTo(1034);
    assertThat(bob.total().bytesReceived()).isEqualTo(1034);
    assertThat(alice.traffic(bob.self()).orElseThrow().traffic()).isEqualTo(alice.total());
  }

  private SimulatedNetwork slowUp(double megabits) {
    return simulation.addPeer(quick.withBandwidth(Bandwidth.ofMegabitsPerSecond(megabits), fast));
  }

  private double secondsToSend(SimulatedNetwork sender, List<SimulatedNetwork> receivers) {
    return secondsToSend(sender, receivers, receivers.stream().map(Tape::at).toList());
  }

  private double secondsToSend(
      SimulatedNetwork sender, List<SimulatedNetwork> receivers, List<Tape> tapes) {
    List<Stream> streams = new ArrayList<>();
    receivers.forEach(receiver -> streams.add(new Tape().open(simulation, sender, receiver)));
    Duration start = simulation.elapsed();
    streams.forEach(stream -> stream.write(Tape.bytes(10_000_000)));
    simulation.runUntil(
        () -> tapes.stream().allMatch(tape -> tape.bytes.size() == 10_000_000), HOUR);
    return seconds(simulation.elapsed().minus(start));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  @Test
  void aMagnifiedStreamTakesTheTimeOfALargeOne() {
    Duration large = transfer(1, 6_400_000);
    Duration small = transfer(64, 100_000);
    assertThat(small.toMillis()).isCloseTo(large.toMillis(), within(large.toMillis() / 50));
  }

  private static Duration transfer(int magnification, int bytes) {
    Simulation simulation = new Simulation(1);
    simulation.magnify(Tape.PROTOCOL, magnification);
    SimulatedNetwork one = simulation.addPeer(PeerProfile.home());
    SimulatedNetwork other = simulation.addPeer(PeerProfile.home());
    Tape tape = Tape.at(other);
    new Tape().open(simulation, one, other).write(Tape.bytes(bytes));
    simulation.runUntil(() -> tape.bytes.size() == bytes, Duration.ofMinutes(1));
    assertThat(tape.bytes.toByteArray()).isEqualTo(Tape.array(bytes));
    return simulation.elapsed();
  }
}
