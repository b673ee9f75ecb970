package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Stream;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

/** An outsider sends what it likes; an exception in a peer's loop would fail the simulation. */
class HostileBytesTest {
  private static final List<String> PROTOCOLS =
      List.of("/potluck/join/1", "/potluck/reduce/2", "/potluck/control/1", "/potluck/detour/1");

  @Test
  void nothingAnOutsiderSendsKeepsTheGroupFromAveraging() {
    for (int seed = 0; seed < 30; seed++) {
      AveragingOptions options = Swarm.options().withGroupSize(seed % 2 == 0 ? 4 : 2);
      Swarm swarm = new Swarm(seed, 4, 5000, i -> PeerProfile.datacenter(), options);
      SimulatedNetwork outsider = swarm.simulation.addPeer(PeerProfile.datacenter());
      RandomGenerator random = swarm.simulation.random("hostile bytes");
      for (SimulatedNetwork victim : swarm.networks) {
        outsider.remember(victim.self(), victim.addresses());
        for (int i = 0; i < 20; i++) {
          String protocol = PROTOCOLS.get(random.nextInt(PROTOCOLS.size()));
          swarm.simulation.at(
              Duration.ofMillis(random.nextInt(40)),
              () ->
                  outsider
                      .loop()
                      .execute(
                          () -> {
                            var _ =
                                outsider
                                    .open(victim.self(), protocol, Duration.ofSeconds(1))
                                    .thenAccept(stream -> send(stream, random));
                          }));
        }
      }
      swarm.averageAll();
      swarm.finish();
      swarm.agreed();
      assertThat(outsider.total().bytesSent()).isGreaterThan(2000);
    }
  }

  private static void send(Stream stream, RandomGenerator random) {
    stream.handler((from, data) -> {});
    switch (random.nextInt(4)) {
      case 0 -> stream.write(ByteBuffer.wrap(bytes(random, 1 + random.nextInt(300))));
      case 1 -> stream.write(ByteBuffer.allocate(5).putInt(Integer.MAX_VALUE).put((byte) 4).flip());
      case 2 -> {
        FrameKind[] kinds = FrameKind.values();
        byte[] body = bytes(random, random.nextInt(64));
        FrameKind kind = kinds[random.nextInt(kinds.length)];
        stream.write(Frames.begin(kind, body.length).put(body).flip());
      }
      default -> {
        ByteString round = ByteString.copyFrom(bytes(random, 16));
        stream.write(
            Frames.of(FrameKind.HELLO, HelloMessage.newBuilder().setRoundId(round).build()));
        stream.closeWrite();
      }
    }
  }

  private static byte[] bytes(RandomGenerator random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
