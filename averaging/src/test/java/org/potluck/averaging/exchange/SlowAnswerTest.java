package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;

/** A reducer dies, and one of the others takes long to say what it holds, though it lives. */
class SlowAnswerTest {
  private static final int SEEDS = 20;
  private static final int MEMBERS = 5;

  /** Longer than a stand-in is waited for, and not so long that the member is taken for dead. */
  private static final Duration ANSWERS_AFTER = Duration.ofMillis(3500);

  /** Neither stand-ins nor those who send to them can begin before it is decided who they are. */
  @Test
  void nobodyIsLateForTheTimeInWhichNothingWasGivenAway() {
    int waited = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.slowWorkers = true;
      int victim = 1 + seed % (MEMBERS - 1);
      int slow = 1 + victim % (MEMBERS - 1);
      lab.machines = (member, network) -> member == slow ? answeringLate(network) : network;
      lab.begin();
      lab.simulation.at(
          Duration.ofMillis(80), () -> lab.simulation.crash(lab.networks.get(victim)));
      lab.finish();
      PeerId dead = lab.networks.get(victim).self();
      for (int i : lab.living()) {
        assertThat(lab.averagedOf(i).faults())
            .as("seed %d, member %d", seed, i)
            .noneMatch(fault -> fault instanceof PeerFault.Late && !fault.peer().equals(dead));
      }
      waited += lab.simulation.elapsed().compareTo(ANSWERS_AFTER) > 0 ? 1 : 0;
    }
    assertThat(waited).as("rounds in which the answer was waited for").isGreaterThan(SEEDS / 2);
  }

  /** Its answers leave later than all else that it says. */
  private static Network answeringLate(Network network) {
    return (Network)
        Proxy.newProxyInstance(
            Network.class.getClassLoader(),
            new Class<?>[] {Network.class},
            (_, method, arguments) -> {
              if (method.getName().equals("open")) {
                CompletableFuture<?> opened =
                    (CompletableFuture<?>) call(network, method, arguments);
                return opened.thenApply(stream -> late(network, (Stream) stream));
              }
              if (method.getName().equals("handle")) {
                Network.StreamAcceptor acceptor = (Network.StreamAcceptor) arguments[1];
                network.handle(
                    (String) arguments[0], stream -> acceptor.accept(late(network, stream)));
                return null;
              }
              return call(network, method, arguments);
            });
  }

  private static Stream late(Network network, Stream stream) {
    return (Stream)
        Proxy.newProxyInstance(
            Stream.class.getClassLoader(),
            new Class<?>[] {Stream.class},
            (_, method, arguments) -> {
              if (method.getName().equals("write") && isAnswer((ByteBuffer) arguments[0])) {
                List<Object> later = List.of(arguments);
                var _ =
                    network
                        .loop()
                        .schedule(ANSWERS_AFTER, () -> stream.write((ByteBuffer) later.getFirst()));
                return null;
              }
              return call(stream, method, arguments);
            });
  }

  private static boolean isAnswer(ByteBuffer frame) {
    int kindAt = frame.position() + Integer.BYTES;
    return frame.remaining() > Integer.BYTES
        && frame.get(kindAt) == FrameKind.HELD.wireNumber()
        && frame.getInt(frame.position()) == frame.remaining() - Integer.BYTES;
  }

  private static Object call(Object on, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
