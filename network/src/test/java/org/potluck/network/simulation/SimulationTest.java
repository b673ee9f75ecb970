package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.network.EventLoop;
import org.potluck.network.Stream;

class SimulationTest {
  private final Simulation simulation = new Simulation(42);
  private final SimulatedNetwork peer = simulation.addPeer("alice", PeerProfile.home());
  private final List<String> order = new ArrayList<>();

  @Test
  void runsTimersByTimeAndTiesInOrderOfSubmission() {
    EventLoop loop = peer.loop();
    loop.schedule(Duration.ofMillis(20), () -> order.add("late"));
    loop.schedule(Duration.ofMillis(10), () -> order.add("first at 10"));
    loop.schedule(Duration.ofMillis(10), () -> order.add("second at 10"));
    loop.execute(() -> loop.schedule(Duration.ZERO, () -> order.add("zero")));
    loop.execute(() -> order.add("task"));
    simulation.runUntilIdle();
    assertThat(order).containsExactly("task", "zero", "first at 10", "second at 10", "late");
    assertThat(peer.loop().now()).isEqualTo(Simulation.START.plusMillis(20));
  }

  @Test
  void aCancelledTimerNeitherRunsNorMovesTime() {
    EventLoop.Timer timer = peer.loop().schedule(Duration.ofHours(1), () -> order.add("never"));
    timer.cancel();
    timer.cancel();
    simulation.runUntilIdle();
    assertThat(order).isEmpty();
    assertThat(simulation.elapsed()).isZero();
  }

  @Test
  void manyCancelledTimersAreSweptOut() {
    for (int i = 0; i < 100_000; i++) {
      peer.loop().schedule(Duration.ofHours(1), () -> order.add("never")).cancel();
    }
    peer.loop().schedule(Duration.ofHours(2), () -> order.add("once"));
    simulation.runUntilIdle();
    assertThat(order).containsExactly("once");
  }

  @Test
  void runForStopsOnTime() {
    peer.loop().schedule(Duration.ofSeconds(5), () -> order.add("five"));
    simulation.runFor(Duration.ofSeconds(4));
    assertThat(order).isEmpty();
    assertThat(simulation.elapsed()).isEqualTo(Duration.ofSeconds(4));
    simulation.runFor(Duration.ofSeconds(1));
    assertThat(order).containsExactly("five");
  }

  @Test
  void anExceptionInAPeerFailsTheSimulationWithSeedAndTime() {
    peer.loop()
        .schedule(
            Duration.ofMillis(1500),
            () -> {
              throw new IllegalStateException("boom");
            });
    assertThatThrownBy(simulation::runUntilIdle)
        .isInstanceOf(SimulationException.class)
        .hasMessageContaining("seed 42")
        .hasMessageContaining("1.500000 s")
        .hasMessageContaining("alice")
        .hasRootCauseMessage("boom");
    assertThatThrownBy(() -> simulation.runFor(Duration.ofSeconds(1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aLimitThatPassesSaysWhereTheSimulationWas() {
    peer.loop().schedule(Duration.ofSeconds(1), () -> {});
    assertThatThrownBy(() -> simulation.runUntil(() -> false, Duration.ofSeconds(2)))
        .isInstanceOf(SimulationException.class)
        .hasMessageContaining("seed 42, ")
        .hasMessageContaining("2.000000 s")
        .hasMessageContaining("TIMER");
  }

  @Test
  void aPeerMayNotActOnTheLoopOfAnother() {
    SimulatedNetwork other = simulation.addPeer("bob", PeerProfile.home());
    assertThat(peer.loop().inLoop()).isTrue();
    other
        .loop()
        .execute(
            () -> {
              order.add("in own " + other.loop().inLoop() + ", in other " + peer.loop().inLoop());
              peer.disconnect(other.self());
            });
    assertThatThrownBy(simulation::runUntilIdle).hasMessageContaining("from outside its loop");
    assertThat(order).containsExactly("in own true, in other false");
  }

  @Test
  void theSameSeedGivesTheSameTimeline() {
    long first = busyHash(1);
    assertThat(busyHash(1)).isEqualTo(first);
    assertThat(busyHash(2)).isNotEqualTo(first);
  }

  /** The number was printed by another JVM; it changes only when the simulator's model does. */
  @Test
  void theTimelineIsTheSameInEveryJvm() {
    assertThat(busyHash(1)).isEqualTo(8052554508463361765L);
  }

  @Test
  void identitiesComeFromTheSeed() {
    assertThat(new Simulation(42).addPeer(PeerProfile.home()).self()).isEqualTo(peer.self());
    assertThat(new Simulation(43).addPeer(PeerProfile.home()).self()).isNotEqualTo(peer.self());
  }

  /** Ten peers that send to each other while some crash and some are parted. */
  private static long busyHash(long seed) {
    Simulation busy = new Simulation(seed);
    List<SimulatedNetwork> peers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      peers.add(busy.addPeer(PeerProfile.home()));
      Tape.at(peers.get(i));
    }
    for (SimulatedNetwork from : peers) {
      for (SimulatedNetwork to : peers) {
        from.remember(to.self(), to.addresses());
        int size = 1 + from.random().nextInt(200_000);
        var _ =
            from.open(to.self(), Tape.PROTOCOL, Duration.ofSeconds(5))
                .thenAccept(stream -> sendAndClose(stream, size));
      }
    }
    busy.at(Duration.ofMillis(300), () -> busy.crash(peers.get(3)));
    busy.at(Duration.ofMillis(350), () -> busy.stall(peers.get(1), peers.get(2), Tape.SOON));
    busy.runUntilIdle();
    return busy.timelineHash();
  }

  private static void sendAndClose(Stream stream, int size) {
    stream.handler(new Tape());
    stream.write(Tape.bytes(size));
    stream.closeWrite();
  }
}
