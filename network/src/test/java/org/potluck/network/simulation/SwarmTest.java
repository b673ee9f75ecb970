package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;

class SwarmTest {
  @Test
  void whateverHappensStreamsDeliverAPrefixAndAllOfItWhenTheyFinish() {
    int finished = 0;
    int lost = 0;
    for (long seed = 0; seed < 40; seed++) {
      Simulation simulation = new Simulation(seed);
      RandomGenerator chance = simulation.random("scenario");
      List<SimulatedNetwork> peers = new ArrayList<>();
      List<Tape> tapes = new ArrayList<>();
      List<Integer> sizes = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        SimulatedNetwork peer = simulation.addPeer(PeerProfile.home());
        peers.add(peer);
        peer.handle(Tape.PROTOCOL, stream -> accept(stream, tapes));
      }
      for (int i = 0; i < 30; i++) {
        SimulatedNetwork from = peers.get(chance.nextInt(6));
        SimulatedNetwork to = peers.get(chance.nextInt(6));
        from.remember(to.self(), to.addresses());
        int size = 1 + chance.nextInt(1_000_000);
        sizes.add(size);
        from.loop().schedule(Duration.ofMillis(chance.nextInt(5000)), () -> send(from, to, size));
      }
      for (int i = 0; i < 5; i++) {
        SimulatedNetwork one = peers.get(chance.nextInt(6));
        SimulatedNetwork other = peers.get(chance.nextInt(6));
        Duration when = Duration.ofMillis(chance.nextInt(5000));
        Duration length = Duration.ofMillis(chance.nextInt(40_000));
        simulation.at(when, () -> simulation.stall(one, other, length));
      }
      simulation.at(Duration.ofSeconds(2), () -> simulation.crash(peers.get(4)));
      simulation.at(Duration.ofSeconds(3), () -> simulation.cutPower(peers.get(5)));
      simulation.at(Duration.ofSeconds(4), () -> simulation.restart(peers.get(4)));
      simulation.runUntilIdle();
      for (Tape tape : tapes) {
        byte[] got = tape.bytes.toByteArray();
        assertThat(got).as("seed %d", seed).isEqualTo(Tape.array(got.length));
        if (tape.end == StreamEnd.FINISHED) {
          finished++;
          assertThat(sizes).as("seed %d", seed).contains(got.length);
        } else if (tape.end == StreamEnd.CONNECTION_LOST) {
          lost++;
        }
      }
    }
    assertThat(finished).isGreaterThan(200);
    assertThat(lost).isGreaterThan(10);
  }

  @Test
  void aThousandIdlePeersDoNothing() {
    Simulation simulation = new Simulation(1);
    for (int i = 0; i < 1000; i++) {
      simulation.addPeer(PeerProfile.home());
    }
    long before = simulation.events();
    simulation.runFor(Duration.ofDays(1));
    assertThat(simulation.events()).isEqualTo(before);
  }

  private static void send(SimulatedNetwork from, SimulatedNetwork to, int size) {
    var _ =
        from.open(to.self(), Tape.PROTOCOL, Duration.ofSeconds(30))
            .thenAccept(
                stream -> {
                  stream.handler(new Tape());
                  stream.write(Tape.bytes(size));
                  stream.closeWrite();
                });
  }

  private static void accept(Stream stream, List<Tape> tapes) {
    Tape tape =
        new Tape() {
          @Override
          public void endOfInput(Stream from) {
            super.endOfInput(from);
            from.closeWrite();
          }
        };
    tapes.add(tape);
    stream.handler(tape);
  }
}
