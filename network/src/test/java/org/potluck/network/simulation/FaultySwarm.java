package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;

/**
 * Peers that send each other files under drawn faults: while faults happen, nobody may receive what
 * an honest peer did not send; after healing, everything sent anew arrives.
 */
final class FaultySwarm {
  private static final int PEERS = 6;
  private static final int FILE = 200_000;

  private final Simulation simulation;
  private final FaultInjector injector;
  private final List<SimulatedNetwork> alive = new ArrayList<>();
  private final List<Tape> received = new ArrayList<>();
  private final Faults faults;

  private FaultySwarm(long seed) {
    simulation = new Simulation(seed);
    faults = Faults.drawn(simulation.random("faults"));
    injector = FaultInjector.start(simulation, faults, this::live);
  }

  /** Prints the hash for a seed, for a comparison between virtual machines. */
  public static void main(String[] arguments) {
    System.out.println(run(Long.parseLong(arguments[0])));
  }

  /** Returns the hash of the timeline. */
  static String run(long seed) {
    FaultySwarm swarm = new FaultySwarm(seed);
    swarm.run();
    return Long.toHexString(swarm.simulation.timelineHash());
  }

  private void run() {
    for (int i = 0; i < PEERS; i++) {
      SimulatedNetwork peer = simulation.addPeer(PeerProfile.home());
      injector.expose(peer);
      live(peer);
    }
    simulation.runFor(Duration.ofMinutes(10));
    boolean lies = !faults.lies().equals(Faults.Lies.NONE);
    simulation.check(
        () -> {
          for (Tape tape : received) {
            byte[] got = tape.bytes.toByteArray();
            assertThat(lies || Arrays.equals(got, Tape.array(got.length))).isTrue();
          }
        });
    injector.heal();
    simulation.runFor(Duration.ofMinutes(2)); // old connections are found dead
    received.clear();
    simulation.runFor(Duration.ofMinutes(1));
    simulation.check(
        () -> {
          assertThat(alive.stream().filter(SimulatedNetwork::alive)).hasSize(PEERS);
          assertThat(received).hasSizeGreaterThanOrEqualTo(PEERS);
          assertThat(received.stream().filter(tape -> tape.end == StreamEnd.FINISHED))
              .isNotEmpty()
              .allSatisfy(tape -> assertThat(tape.bytes.toByteArray()).isEqualTo(Tape.array(FILE)));
        });
  }

  private void live(SimulatedNetwork peer) {
    alive.add(peer);
    peer.handle(Tape.PROTOCOL, this::accept);
    sendLater(peer);
  }

  private void sendLater(SimulatedNetwork peer) {
    var _ =
        peer.loop()
            .schedule(
                Duration.ofSeconds(5),
                () -> {
                  sendSomewhere(peer);
                  sendLater(peer);
                });
  }

  private void sendSomewhere(SimulatedNetwork peer) {
    List<SimulatedNetwork> there = alive.stream().filter(SimulatedNetwork::alive).toList();
    SimulatedNetwork to = there.get(peer.random().nextInt(there.size()));
    if (to == peer) {
      return;
    }
    PeerId remote = to.self();
    peer.remember(remote, to.addresses());
    var _ = peer.open(remote, Tape.PROTOCOL, Duration.ofSeconds(20)).thenAccept(this::send);
  }

  private void send(Stream stream) {
    stream.handler(new Tape());
    stream.write(Tape.bytes(FILE));
    stream.closeWrite();
  }

  private void accept(Stream stream) {
    Tape tape =
        new Tape() {
          @Override
          public void endOfInput(Stream from) {
            super.endOfInput(from);
            from.closeWrite();
          }
        };
    received.add(tape);
    stream.handler(tape);
  }
}
