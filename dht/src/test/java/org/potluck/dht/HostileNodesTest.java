package org.potluck.dht;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potluck.dht.kad.PeerFinder;
import org.potluck.dht.proto.FindRequest;
import org.potluck.dht.proto.FindResponse;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.proto.KadMessage;
import org.potluck.dht.proto.PeerAddresses;
import org.potluck.dht.proto.PingRequest;
import org.potluck.dht.proto.ResultType;
import org.potluck.dht.proto.StoreRequest;
import org.potluck.dht.proto.StoreResponse;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.DictionaryValue;
import org.potluck.dht.records.MessagePackValues;
import org.potluck.dht.records.RecordVerifier;
import org.potluck.dht.records.UnixSeconds;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.rpc.Framing;

/** Nodes that flood, forge, lie or gang up. */
class HostileNodesTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration LIMIT = Duration.ofSeconds(3);

  @Test
  void whoFloodsIsRefusedThenShutOutAndAnsweredAgainLater() {
    Swarm swarm = Swarm.of(3, 61);
    FindRequest.Builder many = FindRequest.newBuilder();
    for (int i = 0; i < Methods.KEYS_MAX; i++) {
      many.addKeys(DhtId.ofKey("key " + i).toBytes());
    }
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      refused +=
          fails(swarm, swarm.rpcs.get(1).call(first(swarm), Methods.FIND, many.build(), LIMIT))
              ? 1
              : 0;
    }
    // 4096 keys at once are 63 calls; 256 a second come on top.
    assertThat(refused).isBetween(51, 137);
    assertThat(pings(swarm, 1)).as("the flooder").isFalse();
    assertThat(findsPeers(swarm, 1)).as("the flooder, by libp2p's protocol").isFalse();
    assertThat(pings(swarm, 2)).as("the others").isTrue();
    assertThat(findsPeers(swarm, 2)).as("the others, by libp2p's protocol").isTrue();
    swarm.simulation.runFor(HOUR);
    assertThat(pings(swarm, 1)).as("an hour later").isTrue();
  }

  @Test
  void aFloodInFewLargeCallsIsAFloodToo() {
    Swarm swarm = Swarm.of(3, 68);
    FindRequest.Builder many = FindRequest.newBuilder();
    for (int i = 0; i < 5000; i++) {
      many.addKeys(DhtId.ofKey("key " + i).toBytes());
    }
    for (int i = 0; i < 60; i++) {
      assertThat(
              fails(swarm, swarm.rpcs.get(1).call(first(swarm), Methods.FIND, many.build(), LIMIT)))
          .isTrue();
    }
    assertThat(pings(swarm, 1)).isFalse();
    assertThat(pings(swarm, 2)).isTrue();
  }

  @Test
  void whoBringsForgedRecordsIsShutOut() {
    Swarm swarm = Swarm.of(3, 69);
    DhtId key = DhtId.ofKey("key");
    Identity mallory = Identity.generate(swarm.simulation.random("mallory"));
    DhtRecord good =
        new RecordVerifier(1 << 20, HOUR)
            .sign(mallory, key, new byte[10], swarm.simulation.clock().instant().plus(HOUR));
    ByteString victim = RecordVerifier.subkey(swarm.networks.get(2).self());
    DhtRecord forged = new DhtRecord(key, victim, good.value(), good.expiration());
    for (int i = 0; i < 3; i++) {
      assertThat(pings(swarm, 1)).isTrue();
      StoreRequest request = Calls.add(StoreRequest.newBuilder(), forged, false).build();
      StoreResponse answer =
          swarm.await(swarm.rpcs.get(1).call(first(swarm), Methods.STORE, request, LIMIT));
      assertThat(answer.getStoreOkList()).containsExactly(false);
    }
    assertThat(pings(swarm, 1)).isFalse();
    assertThat(swarm.nodes.getFirst().contacts()).isEqualTo(1);
    assertThat(pings(swarm, 2)).isTrue();
  }

  @Test
  void whoAsksWhatMakesNoSenseIsShutOut() {
    Swarm swarm = Swarm.of(3, 70);
    FindRequest find = FindRequest.newBuilder().addKeys(ByteString.copyFromUtf8("no id")).build();
    StoreRequest store =
        StoreRequest.newBuilder().addKeys(DhtId.ofKey("key without a value").toBytes()).build();
    for (int i = 0; i < 3; i++) {
      assertThat(pings(swarm, 1)).isTrue();
      var answer =
          i == 1
              ? swarm.rpcs.get(1).call(first(swarm), Methods.STORE, store, LIMIT)
              : swarm.rpcs.get(1).call(first(swarm), Methods.FIND, find, LIMIT);
      assertThat(fails(swarm, answer)).isTrue();
    }
    assertThat(pings(swarm, 1)).isFalse();
  }

  @Test
  void whoServesForgedRecordsIsShutOut() {
    Swarm swarm = Swarm.of(10, 62);
    swarm.publish(1, "key", "value", HOUR);
    DhtId key = DhtId.ofKey("key");
    Identity mallory = Identity.generate(swarm.simulation.random("mallory"));
    RecordVerifier signer = new RecordVerifier(1 << 20, HOUR);
    DhtRecord good =
        signer.sign(
            mallory, key, new byte[10], swarm.simulation.clock().instant().plus(HOUR.dividedBy(2)));
    PeerId victim = swarm.networks.get(5).self();
    DhtRecord forged =
        new DhtRecord(key, RecordVerifier.subkey(victim), good.value(), good.expiration());
    for (int i = 2; i < 10; i++) {
      if (i != 9) {
        int node = i;
        swarm
            .rpcs
            .get(i)
            .serve(
                Methods.FIND,
                (caller, request) ->
                    swarm
                        .nodes
                        .get(node)
                        .service
                        .find(caller, request)
                        .thenApply(
                            honest -> {
                              FindResponse.Builder answer = honest.toBuilder();
                              answer
                                  .getResultsBuilder(0)
                                  .setType(ResultType.FOUND_DICTIONARY)
                                  .setValue(DictionaryValue.encode(List.of(forged)));
                              return answer.build();
                            }));
      }
    }
    int before = swarm.nodes.get(9).contacts();
    for (int i = 0; i < 3; i++) {
      assertThat(swarm.await(swarm.nodes.get(9).entries("key")))
          .allMatch(entry -> entry.owner().equals(swarm.networks.get(1).self()));
    }
    assertThat(swarm.nodes.get(9).contacts()).isLessThan(before);
  }

  @ParameterizedTest
  @ValueSource(longs = {63, 64, 65})
  void aQuarterThatNamesOnlyItselfBesideTheKeyHidesNothing(long seed) {
    Swarm swarm = Swarm.of(80, seed);
    List<Integer> liars = new ArrayList<>();
    for (int i = 3; i < 80; i += 4) {
      liars.add(i);
    }
    liars.forEach(liar -> makeLie(swarm, liar, liars));
    int read = 0;
    int reads = 0;
    for (int i = 0; i < 80; i += 4) {
      int accepted = swarm.publish(i, "key " + i, "value", HOUR);
      assertThat(accepted).as("seed %s", seed).isGreaterThanOrEqualTo(1);
      int reader = (i + 41) % 80;
      if (!liars.contains(reader)) {
        reads++;
        read += swarm.read(reader, "key " + i).equals(List.of("value")) ? 1 : 0;
      }
    }
    assertThat(reads).isGreaterThan(10);
    assertThat(read).as("of %s, seed %s", reads, seed).isEqualTo(reads);
  }

  /** Names twenty of its friends at ids right beside whatever is asked for, and keeps nothing. */
  private static void makeLie(Swarm swarm, int liar, List<Integer> liars) {
    swarm
        .rpcs
        .get(liar)
        .serve(
            Methods.FIND,
            (caller, request) -> {
              FindResponse.Builder answer = FindResponse.newBuilder();
              for (ByteString key : request.getKeysList()) {
                FindResult.Builder result = FindResult.newBuilder();
                DhtId at = DhtId.ofBytes(key);
                for (int i = 0; i < liars.size(); i++) {
                  var friend = swarm.networks.get(liars.get(i));
                  result
                      .addNearestNodeIds(at.flip(DhtId.BITS - 2 - i).toBytes())
                      .addNearestPeerIds(ByteString.copyFrom(friend.self().toBytes()))
                      .addNearestAddresses(
                          PeerAddresses.newBuilder()
                              .addAddresses(friend.addresses().getFirst().toString()));
                }
                answer.addResults(result);
              }
              return CompletableFuture.completedFuture(answer.build());
            });
    swarm
        .rpcs
        .get(liar)
        .serve(
            Methods.STORE,
            (caller, request) -> {
              StoreResponse.Builder answer = StoreResponse.newBuilder();
              request.getKeysList().forEach(_ -> answer.addStoreOk(true));
              return CompletableFuture.completedFuture(answer.build());
            });
  }

  @Test
  void whoeverBringsUnsignedRecordsHasAShareOfTheRoomOnly() {
    Swarm swarm = Swarm.of(3, 66);
    double expiration = UnixSeconds.of(swarm.simulation.clock().instant().plus(HOUR));
    int kept = 0;
    for (int batch = 0; batch < 4; batch++) {
      StoreRequest.Builder request = StoreRequest.newBuilder();
      for (int i = 0; i < 100; i++) {
        DhtId key = DhtId.ofKey("spam " + batch + " " + i);
        ByteString value = ByteString.copyFrom(MessagePackValues.encode(i));
        Calls.add(request, new DhtRecord(key, DhtRecord.PLAIN, value, expiration), false);
      }
      StoreResponse answer =
          swarm.await(swarm.rpcs.get(1).call(first(swarm), Methods.STORE, request.build(), LIMIT));
      kept += (int) answer.getStoreOkList().stream().filter(ok -> ok).count();
    }
    assertThat(kept).isEqualTo(256);
    swarm.publish(2, "key", "value", HOUR);
    assertThat(swarm.recent(0, "key")).containsExactly("value");
  }

  @Test
  void nodesThatKnowTheRunKeepNothingElseUnderItsKeys() {
    Swarm swarm = Swarm.of(12, 67);
    swarm.nodes.subList(0, 10).forEach(node -> node.require("key", value -> value.length == 4));
    assertThat(swarm.publish(11, "key", "long value", HOUR)).isLessThanOrEqualTo(2);
    assertThat(swarm.read(3, "key")).isEmpty();
    assertThat(swarm.publish(10, "key", "good", HOUR)).isEqualTo(6);
    assertThat(swarm.read(3, "key")).containsExactly("good");
  }

  private static PeerId first(Swarm swarm) {
    return swarm.networks.getFirst().self();
  }

  private static boolean pings(Swarm swarm, int from) {
    return !fails(
        swarm,
        swarm
            .rpcs
            .get(from)
            .call(first(swarm), Methods.PING, PingRequest.getDefaultInstance(), LIMIT));
  }

  /** Whether the first node answers a question for libp2p's FIND_NODE. */
  private static boolean findsPeers(Swarm swarm, int from) {
    boolean[] heard = {false, false};
    Stream stream =
        swarm.await(swarm.networks.get(from).open(first(swarm), PeerFinder.PROTOCOL, LIMIT));
    stream.handler(
        new StreamHandler() {
          @Override
          public void received(Stream by, ByteBuffer data) {
            heard[0] = true;
          }

          @Override
          public void closed(Stream by, StreamEnd end) {
            heard[1] = true;
          }
        });
    KadMessage question =
        KadMessage.newBuilder()
            .setType(KadMessage.Type.FIND_NODE)
            .setKey(ByteString.copyFrom(swarm.networks.get(2).self().toBytes()))
            .build();
    stream.write(Framing.VARINT.encode(0, question));
    swarm.simulation.runUntil(() -> heard[0] || heard[1], LIMIT);
    return heard[0];
  }

  private static boolean fails(Swarm swarm, CompletableFuture<?> call) {
    return swarm.await(call.handle((_, failure) -> failure != null));
  }
}
