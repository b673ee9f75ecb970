package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.potluck.network.simulation.Tape.PROTOCOL;
import static org.potluck.network.simulation.Tape.SOON;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.network.Network.ConnectionListener;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;

class FaultTest {
  private final Simulation simulation =
      new Simulation(
          13,
          NetworkConditions.usual().withDetection(Duration.ofMillis(500), Duration.ofSeconds(30)));
  private final SimulatedNetwork alice = simulation.addPeer("alice", PeerProfile.home());
  private final SimulatedNetwork bob = simulation.addPeer("bob", PeerProfile.home());
  private final Tape atBob = Tape.at(bob);
  private final Tape atAlice = new Tape();
  private final List<String> news = new ArrayList<>();

  @Test
  void aCrashIsSeenAfterTheDetectionDelay() {
    atAlice.open(simulation, alice, bob);
    listen(alice);
    Duration crash = simulation.elapsed();
    simulation.crash(bob);
    simulation.runUntil(() -> atAlice.end != null, SOON);
    assertThat(atAlice.end).isEqualTo(StreamEnd.CONNECTION_LOST);
    assertThat(simulation.elapsed().minus(crash))
        .isBetween(Duration.ofMillis(530), Duration.ofMillis(541));
    simulation.runUntilIdle();
    assertThat(news).containsExactly("- " + bob.self());
    assertThat(alice.connectedPeers()).isEmpty();
    assertThat(atBob.end).isNull();
  }

  @Test
  void nothingHappensAtAPeerThatCrashed() {
    List<String> ran = new ArrayList<>();
    bob.loop().schedule(Duration.ofSeconds(1), () -> ran.add("timer"));
    bob.loop().execute(() -> ran.add("task"));
    simulation.crash(bob);
    simulation.runUntilIdle();
    assertThat(ran).isEmpty();
  }

  @Test
  void aPowerCutIsSeenBySilenceOnly() {
    atAlice.open(simulation, alice, bob);
    simulation.cutPower(bob);
    simulation.runFor(Duration.ofSeconds(29));
    assertThat(atAlice.end).isNull();
    simulation.runFor(Duration.ofSeconds(2));
    assertThat(atAlice.end).isEqualTo(StreamEnd.CONNECTION_LOST);
    assertReason(Reason.TIMED_OUT);
  }

  @Test
  void aCrashedPeerRefusesUntilItStartsAgainWithItsIdentity() {
    atAlice.open(simulation, alice, bob);
    simulation.crash(bob);
    simulation.runFor(SOON);
    assertReason(Reason.UNREACHABLE);
    SimulatedNetwork again = simulation.restart(bob);
    assertThat(again.self()).isEqualTo(bob.self());
    assertThat(again.addresses()).isEqualTo(bob.addresses());
    Tape atAgain = Tape.at(again);
    new Tape().open(simulation, alice, again).write(Tape.bytes(9));
    simulation.runUntilIdle();
    assertThat(atAgain.bytes.size()).isEqualTo(9);
  }

  @Test
  void aMachineThatIsBackKnowsNothingOfItsOldConnections() {
    Stream stream = atAlice.open(simulation, alice, bob);
    simulation.cutPower(bob);
    simulation.runFor(Duration.ofSeconds(2));
    simulation.restart(bob);
    simulation.runFor(Duration.ofSeconds(2));
    assertThat(atAlice.end).isNull();
    stream.write(Tape.bytes(1));
    simulation.runFor(Duration.ofSeconds(1));
    assertThat(atAlice.end).isEqualTo(StreamEnd.CONNECTION_LOST);
  }

  @Test
  void aShortPartitionOnlyDelays() {
    Stream stream = atAlice.open(simulation, alice, bob);
    Partition partition = simulation.part(List.of(alice), List.of(bob));
    stream.write(Tape.bytes(100_000));
    simulation.runFor(Duration.ofSeconds(10));
    assertThat(atBob.bytes.size()).isZero();
    partition.heal();
    simulation.runFor(Duration.ofSeconds(1));
    assertThat(atBob.bytes.toByteArray()).isEqualTo(Tape.array(100_000));
    simulation.runUntilIdle();
    assertThat(atAlice.end).isNull();
  }

  @Test
  void aLongPartitionLosesTheConnectionOnBothSides() {
    atAlice.open(simulation, alice, bob);
    simulation.part(List.of(alice), List.of(bob));
    simulation.runFor(Duration.ofSeconds(31));
    assertThat(atAlice.end).isEqualTo(StreamEnd.CONNECTION_LOST);
    assertThat(atBob.end).isEqualTo(StreamEnd.CONNECTION_LOST);
    assertReason(Reason.TIMED_OUT);
  }

  @Test
  void aOneWayPartitionLetsTheOtherDirectionPass() {
    Stream stream = atAlice.open(simulation, alice, bob);
    simulation.partOneWay(List.of(alice), List.of(bob));
    stream.write(Tape.bytes(10));
    atBob.stream().write(Tape.bytes(20));
    simulation.runFor(Duration.ofSeconds(10));
    assertThat(atBob.bytes.size()).isZero();
    assertThat(atAlice.bytes.size()).isEqualTo(20);
  }

  @Test
  void aStallEndsByItself() {
    Stream stream = atAlice.open(simulation, alice, bob);
    simulation.stall(alice, bob, Duration.ofSeconds(3));
    stream.write(Tape.bytes(10));
    simulation.runFor(Duration.ofMillis(2900));
    assertThat(atBob.bytes.size()).isZero();
    simulation.runFor(Duration.ofMillis(200));
    assertThat(atBob.bytes.size()).isEqualTo(10);
  }

  @Test
  void disconnectingIsToldToBothSides() {
    atAlice.open(simulation, alice, bob);
    simulation.runFor(SOON);
    listen(bob);
    alice.disconnect(bob.self());
    simulation.runUntilIdle();
    assertThat(atAlice.end).isEqualTo(StreamEnd.RESET_BY_US);
    assertThat(atBob.end).isEqualTo(StreamEnd.CONNECTION_LOST);
    assertThat(news).containsExactly("- " + alice.self());
  }

  @Test
  void aClosedNetworkIsLeftAndNotFoundAgain() {
    atAlice.open(simulation, alice, bob);
    simulation.await(bob.close(), SOON);
    simulation.runUntilIdle();
    assertThat(atAlice.end).isEqualTo(StreamEnd.CONNECTION_LOST);
    assertReason(Reason.UNREACHABLE);
  }

  @Test
  void bothSidesHearOfAConnectionOnce() {
    listen(alice);
    listen(bob);
    atAlice.open(simulation, alice, bob);
    new Tape().open(simulation, alice, bob);
    simulation.runUntilIdle();
    assertThat(news).containsExactlyInAnyOrder("+ " + bob.self(), "+ " + alice.self());
  }

  private void listen(SimulatedNetwork network) {
    network.listen(
        new ConnectionListener() {
          @Override
          public void connected(PeerId peer) {
            news.add("+ " + peer);
          }

          @Override
          public void disconnected(PeerId peer) {
            news.add("- " + peer);
          }
        });
  }

  private void assertReason(Reason reason) {
    assertThatThrownBy(
            () -> simulation.await(alice.open(bob.self(), PROTOCOL, SOON), SOON.plus(SOON)))
        .cause()
        .isInstanceOfSatisfying(
            NetworkException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
