package org.potluck.dht;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.potluck.dht.proto.FindResponse;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.records.DhtId;

/** What one call carries, and what becomes of calls that go wrong. */
class CallsTest {
  private static final Duration MINUTES = Duration.ofMinutes(10);

  @Test
  void manyKeysTravelInFewCalls() {
    Swarm swarm = Swarm.of(16, 31);
    Instant expiration = swarm.simulation.clock().instant().plus(MINUTES);
    List<Dht.Note> notes = new ArrayList<>();
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      keys.add("key " + i);
      byte[] value = ("value " + i).getBytes(StandardCharsets.UTF_8);
      notes.add(new Dht.Note("key " + i, value, expiration));
    }
    int[] calls = new int[2];
    swarm.countCalls(Methods.STORE, service -> service::store, calls, 0);
    swarm.countCalls(Methods.FIND, service -> service::find, calls, 1);
    assertThat(swarm.await(swarm.nodes.get(3).publish(notes))).hasSize(64).allMatch(n -> n >= 5);
    // 64 keys at 5 nodes each are 320 deliveries; there are 15 others to bring them to.
    assertThat(calls[0]).isLessThanOrEqualTo(15);
    List<List<Dht.Entry>> read = swarm.await(swarm.nodes.get(9).entries(keys));
    assertThat(calls[1]).isLessThanOrEqualTo(45);
    for (int i = 0; i < 64; i++) {
      assertThat(read.get(i)).as("key %s", i).hasSize(1);
      assertThat(new String(read.get(i).getFirst().value(), StandardCharsets.UTF_8))
          .isEqualTo("value " + i);
    }
  }

  @Test
  void whatDoesNotFitIntoOneAnswerIsAskedForAlone() {
    Swarm swarm = Swarm.of(2, 32);
    Instant expiration = swarm.simulation.clock().instant().plus(MINUTES);
    List<Dht.Note> notes = new ArrayList<>();
    for (int i = 0; i < 240; i++) {
      notes.add(new Dht.Note("key " + i, new byte[Dht.VALUE_BYTES_MAX], expiration));
    }
    assertThat(swarm.await(swarm.nodes.getFirst().publish(notes))).allMatch(n -> n == 2);
    KademliaDht late = swarm.add(swarm.profile);
    swarm.await(late.bootstrap(swarm.networks.get(1).addresses()));
    List<String> keys = notes.stream().map(Dht.Note::key).toList();
    assertThat(swarm.await(late.entries(keys))).allMatch(entries -> entries.size() == 1);
  }

  @Test
  void anAnswerBeyondTheLimitFailsTheCallerAtOnceAndCostsTheNodeNothingElse() {
    Swarm swarm = Swarm.of(3, 33);
    swarm.publish(1, "key", "value", MINUTES);
    FindResult tooLarge =
        FindResult.newBuilder().setValue(ByteString.copyFrom(new byte[5 << 20])).build();
    swarm
        .rpcs
        .getFirst()
        .serve(
            Methods.FIND,
            (_, request) ->
                CompletableFuture.completedFuture(
                    FindResponse.newBuilder()
                        .addAllResults(request.getKeysList().stream().map(_ -> tooLarge).toList())
                        .build()));
    Duration start = swarm.simulation.elapsed();
    assertThat(swarm.read(2, "key")).containsExactly("value");
    assertThat(swarm.simulation.elapsed().minus(start)).isLessThan(Duration.ofMillis(300));
    assertThat(swarm.nodes.get(2).contacts()).isEqualTo(2);
  }

  @Test
  void whatWasReadIsAtHandUntilItExpiresAndIsFetchedAnewBefore() {
    Swarm swarm = Swarm.of(20, 34);
    swarm.publish(3, "key", "first", Duration.ofMinutes(1));
    assertThat(swarm.read(9, "key")).containsExactly("first");
    Duration start = swarm.simulation.elapsed();
    assertThat(swarm.recent(9, "key")).containsExactly("first");
    assertThat(swarm.simulation.elapsed()).isEqualTo(start);
    swarm.publish(3, "key", "second", MINUTES);
    swarm.simulation.runFor(Duration.ofMinutes(2));
    start = swarm.simulation.elapsed();
    assertThat(swarm.recent(9, "key")).containsExactly("second");
    assertThat(swarm.simulation.elapsed()).isEqualTo(start);
  }

  @Test
  void aWriterWithStaleMemoryReachesTheNodesThatCameMeanwhile() {
    Swarm swarm = Swarm.of(30, 35);
    swarm.publish(4, "key", "first", MINUTES);
    swarm.grow(30);
    swarm.publish(4, "key", "second", MINUTES.multipliedBy(2));
    DhtId key = DhtId.ofKey("key");
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      order.add(i);
    }
    order.sort(
        (a, b) ->
            key.compareDistances(
                DhtId.ofPeer(swarm.networks.get(a).self()),
                DhtId.ofPeer(swarm.networks.get(b).self())));
    for (int near : order.subList(0, 3)) {
      assertThat(swarm.recent(near, "key")).as("node %s", near).containsExactly("second");
    }
  }
}
