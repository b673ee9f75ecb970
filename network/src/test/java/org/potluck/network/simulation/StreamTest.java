package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.potluck.network.simulation.Tape.PROTOCOL;
import static org.potluck.network.simulation.Tape.SOON;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.network.Multiaddr;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;

class StreamTest {
  private final Simulation simulation = new Simulation(7);
  private final SimulatedNetwork alice = simulation.addPeer("alice", PeerProfile.datacenter());
  private final SimulatedNetwork bob = simulation.addPeer("bob", PeerProfile.datacenter());
  private final Tape atBob = Tape.at(bob);
  private final Tape atAlice = new Tape();

  @Test
  void deliversBytesInOrderBothWays() {
    Stream stream = atAlice.open(simulation, alice, bob);
    ByteBuffer sent = Tape.bytes(300_000);
    stream.write(sent.duplicate().limit(1));
    stream.write(sent.duplicate().position(1));
    atBob.stream().write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    simulation.runUntilIdle();
    assertThat(atBob.bytes.toByteArray()).isEqualTo(Tape.array(sent.limit()));
    assertThat(atAlice.bytes.toByteArray()).containsExactly(1, 2, 3);
    assertThat(stream.remote()).isEqualTo(bob.self());
    assertThat(atBob.stream().remote()).isEqualTo(alice.self());
    assertThat(atBob.stream().protocol()).isEqualTo(PROTOCOL);
  }

  @Test
  void halfCloseEndsOneDirectionOnly() {
    Stream stream = atAlice.open(simulation, alice, bob);
    stream.write(Tape.bytes(10));
    stream.closeWrite();
    simulation.runUntilIdle();
    assertThat(atBob.ended).isTrue();
    assertThat(atBob.bytes.size()).isEqualTo(10);
    assertThat(atBob.end).isNull();

    atBob.stream().write(Tape.bytes(20));
    atBob.stream().closeWrite();
    simulation.runUntilIdle();
    assertThat(atAlice.bytes.size()).isEqualTo(20);
    assertThat(atAlice.end).isEqualTo(StreamEnd.FINISHED);
    assertThat(atBob.end).isEqualTo(StreamEnd.FINISHED);
  }

  @Test
  void resetIsSeenByBothSidesAndDropsWhatIsQueued() {
    Stream stream = atAlice.open(simulation, alice, bob);
    stream.write(Tape.bytes(1 << 20));
    stream.reset();
    stream.write(Tape.bytes(5));
    simulation.runUntilIdle();
    assertThat(atAlice.end).isEqualTo(StreamEnd.RESET_BY_US);
    assertThat(atBob.end).isEqualTo(StreamEnd.RESET_BY_REMOTE);
    assertThat(atBob.bytes.size()).isZero();
    assertThat(stream.queuedBytes()).isZero();
    assertThat(stream.writable()).isFalse();
  }

  @Test
  void aPausedReaderStopsTheSenderAfterOneWindow() {
    Stream stream = atAlice.open(simulation, alice, bob);
    atBob.stream().pauseReading();
    int size = 3 << 20;
    ByteBuffer sent = Tape.bytes(size);
    stream.write(sent.duplicate());
    assertThat(stream.writable()).isFalse();
    simulation.runUntilIdle();
    int window = simulation.conditions().windowBytes();
    assertThat(stream.queuedBytes()).isEqualTo(size - window);
    assertThat(atBob.bytes.size()).isZero();
    assertThat(atAlice.writables).isZero();

    atBob.stream().resumeReading();
    simulation.runUntilIdle();
    assertThat(atBob.bytes.toByteArray()).isEqualTo(Tape.array(sent.limit()));
    assertThat(stream.queuedBytes()).isZero();
    assertThat(stream.writable()).isTrue();
    assertThat(atAlice.writables).isEqualTo(1);
  }

  @Test
  void anIdleStreamIsResetAtItsLimit() {
    Stream stream = atAlice.open(simulation, alice, bob);
    Duration opened = simulation.elapsed();
    stream.idleLimit(Duration.ofSeconds(3));
    simulation.runFor(Duration.ofSeconds(2));
    atBob.stream().write(Tape.bytes(1));
    simulation.runUntil(() -> atAlice.end != null, Duration.ofSeconds(10));
    assertThat(atAlice.end).isEqualTo(StreamEnd.IDLE);
    assertThat(simulation.elapsed().minus(opened))
        .isBetween(Duration.ofSeconds(5), Duration.ofMillis(5010));
    simulation.runUntilIdle();
    assertThat(atBob.end).isEqualTo(StreamEnd.RESET_BY_REMOTE);
  }

  @Test
  void anUnknownProtocolIsRefused() {
    alice.remember(bob.self(), bob.addresses());
    assertThatThrownBy(() -> simulation.await(alice.open(bob.self(), "/other", SOON), SOON))
        .cause()
        .isInstanceOfSatisfying(
            NetworkException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.UNSUPPORTED_PROTOCOL));
  }

  @Test
  void aPeerWithoutKnownAddressIsUnreachable() {
    assertReason(alice, bob, Reason.UNREACHABLE);
    assertThat(simulation.elapsed()).isZero();
  }

  @Test
  void anAddressWithAnotherPeerBehindItIsTheWrongPeer() {
    SimulatedNetwork carol = simulation.addPeer("carol", PeerProfile.datacenter());
    String lie = bob.addresses().getFirst().toString().replace(bob.self().toString(), "");
    alice.remember(carol.self(), List.of(Multiaddr.parse(lie + carol.self())));
    assertReason(alice, carol, Reason.WRONG_PEER);
  }

  @Test
  void aPeerBehindNatDialsOutButIsNotDialed() {
    SimulatedNetwork hidden = simulation.addPeer("hidden", PeerProfile.datacenter().dialOutOnly());
    Tape atHidden = Tape.at(hidden);
    assertThat(hidden.addresses()).isEmpty();
    alice.remember(hidden.self(), List.of(hidden.host().address));
    assertReason(alice, hidden, Reason.TIMED_OUT);

    simulation.runFor(Duration.ofSeconds(20));
    new Tape().open(simulation, hidden, alice(atAlice));
    new Tape().open(simulation, alice, hidden);
    assertThat(atHidden.stream().remote()).isEqualTo(alice.self());
  }

  private SimulatedNetwork alice(Tape tape) {
    alice.handle(PROTOCOL, stream -> stream.handler(tape));
    return alice;
  }

  private void assertReason(SimulatedNetwork from, SimulatedNetwork to, Reason reason) {
    assertThatThrownBy(
            () -> simulation.await(from.open(to.self(), PROTOCOL, SOON), SOON.plus(SOON)))
        .cause()
        .isInstanceOfSatisfying(
            NetworkException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
