package org.potluck.averaging.matchmaking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.proto.PathMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

class DeclarationTest {
  private static final List<PeerId> PEERS =
      IntStream.range(0, 4)
          .mapToObj(i -> Identity.generate(new SplittableRandom(i)).peerId())
          .sorted()
          .toList();

  @Test
  void whoCanBeDialedComesFirstThenTheEarlierThenTheSmallerId() throws FrameException {
    List<Declaration> order =
        List.of(
            declared(3, 20, true),
            declared(0, 30, true),
            declared(1, 30, true),
            declared(2, -5, false));
    List<Declaration> sorted = new ArrayList<>(order);
    for (int seed = 0; seed < 24; seed++) {
      Collections.shuffle(sorted, new Random(seed));
      Collections.sort(sorted);
      assertThat(sorted).isEqualTo(order);
    }
  }

  @Test
  void numbersThatCannotBeAreRefused() {
    refused(message -> message.setWeight(Double.NaN));
    refused(message -> message.setWeight(-1));
    refused(message -> message.setWeight(Double.MAX_VALUE));
    refused(message -> message.setUpBytesPerSecond(Double.NaN));
    refused(message -> message.setUpBytesPerSecond(-1));
    refused(message -> message.setDownBytesPerSecond(Double.POSITIVE_INFINITY));
    refused(message -> message.setReadyInMicros(-1));
    refused(message -> message.setReadyInMicros(Long.MAX_VALUE));
    refused(message -> message.setKey("k".repeat(201)));
    refused(message -> message.setModel("m".repeat(101)));
    refused(message -> IntStream.range(0, 17).forEach(i -> message.addAddresses("/ip4/1.2.3.4")));
    refused(message -> message.addPaths(path(0)));
    refused(message -> message.addPaths(path(Double.NaN)));
    refused(message -> message.addPaths(PathMessage.newBuilder().setBytesPerSecond(1)));
    refused(message -> IntStream.range(0, 65).forEach(i -> message.addPaths(path(1))));
  }

  private static PathMessage path(double rate) {
    return PathMessage.newBuilder()
        .setPeer(ByteString.copyFrom(PEERS.getLast().toBytes()))
        .setBytesPerSecond(rate)
        .build();
  }

  private static void refused(Consumer<JoinMessage.Builder> wrong) {
    JoinMessage.Builder message = JoinMessage.newBuilder().setKey("run.gradients").setLength(10);
    wrong.accept(message);
    assertThatThrownBy(() -> Declaration.read(PEERS.getFirst(), message.build()))
        .isInstanceOf(FrameException.class);
  }

  private static Declaration declared(int peer, long micros, boolean reachable)
      throws FrameException {
    return Declaration.read(
        PEERS.get(peer),
        JoinMessage.newBuilder().setDeclaredMicros(micros).setReachable(reachable).build());
  }
}
