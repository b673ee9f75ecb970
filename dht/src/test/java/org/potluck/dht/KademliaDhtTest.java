package org.potluck.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potluck.dht.proto.FindRequest;
import org.potluck.dht.proto.FindResponse;
import org.potluck.dht.proto.ResultType;
import org.potluck.dht.proto.StoreRequest;
import org.potluck.dht.proto.StoreResponse;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.MessagePackValues;
import org.potluck.dht.records.RecordVerifier;
import org.potluck.dht.records.UnixSeconds;
import org.potluck.network.Identity;
import org.potluck.network.simulation.SimulatedNetwork;

class KademliaDhtTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 20, 100})
  void whatOnePublishesEverybodyReads(int count) {
    Swarm swarm = Swarm.of(count, count);
    int accepted = swarm.publish(count / 2, "key", "value", Duration.ofMinutes(10));
    assertThat(accepted).isEqualTo(Math.min(count, 6));
    for (int i = 0; i < count; i++) {
      assertThat(swarm.read(i, "key")).as("node %s of %s", i, count).containsExactly("value");
      assertThat(swarm.read(i, "other key")).isEmpty();
    }
  }

  @Test
  void entriesOfSeveralPeersStandSideBySide() {
    Swarm swarm = Swarm.of(30, 5);
    List<CompletableFuture<Integer>> published = new ArrayList<>();
    Instant expiration = swarm.simulation.clock().instant().plus(MINUTE);
    for (KademliaDht node : swarm.nodes) {
      published.add(node.publish("run_progress", new byte[] {1}, expiration));
    }
    published.forEach(swarm::await);
    List<Dht.Entry> entries = swarm.await(swarm.nodes.get(7).entries("run_progress"));
    assertThat(entries)
        .extracting(Dht.Entry::owner)
        .containsExactlyElementsOf(
            swarm.networks.stream().map(SimulatedNetwork::self).sorted().toList());
    assertThat(entries)
        .allMatch(entry -> Duration.between(entry.expiration(), expiration).abs().toNanos() < 1000);
  }

  @Test
  void aLaterEntryReplacesTheEarlierAndAnEarlierIsRefused() {
    Swarm swarm = Swarm.of(20, 6);
    swarm.publish(3, "key", "first", MINUTE);
    swarm.publish(3, "key", "second", MINUTE.multipliedBy(2));
    assertThat(swarm.publish(3, "key", "third", Duration.ofSeconds(10))).isZero();
    assertThat(swarm.read(15, "key")).containsExactly("second");
  }

  @Test
  void expiredEntriesVanishFromReplicasAndCaches() {
    Swarm swarm = Swarm.of(20, 7);
    swarm.publish(0, "key", "short", Duration.ofSeconds(20));
    swarm.publish(1, "key", "long", MINUTE);
    assertThat(swarm.read(9, "key")).containsExactlyInAnyOrder("short", "long");
    swarm.simulation.runFor(Duration.ofSeconds(21));
    assertThat(swarm.read(9, "key")).containsExactly("long");
    swarm.simulation.runFor(MINUTE);
    assertThat(swarm.read(9, "key")).isEmpty();
  }

  @Test
  void entriesSurviveATenthOfTheNodesDyingAtOnce() {
    Swarm swarm = Swarm.of(60, 8);
    for (int i = 0; i < 20; i++) {
      swarm.publish(i, "key " + i, "value " + i, Duration.ofMinutes(10));
    }
    for (int i = 0; i < 6; i++) {
      swarm.kill(i * 3);
    }
    for (int i = 0; i < 20; i++) {
      assertThat(swarm.read(20 + i, "key " + i)).as("key %s", i).containsExactly("value " + i);
    }
    assertThat(swarm.publish(40, "afterwards", "value", MINUTE)).isEqualTo(6);
    assertThat(swarm.read(50, "afterwards")).containsExactly("value");
  }

  @Test
  void theDeadDoNotHoldUpTheLiving() {
    Swarm swarm = Swarm.of(40, 9);
    for (int i = 0; i < 4; i++) {
      swarm.kill(5 * i);
    }
    Duration start = swarm.simulation.elapsed();
    swarm.publish(21, "key", "value", MINUTE);
    assertThat(swarm.simulation.elapsed().minus(start)).isLessThan(Duration.ofSeconds(1));
    start = swarm.simulation.elapsed();
    assertThat(swarm.read(22, "key")).containsExactly("value");
    assertThat(swarm.simulation.elapsed().minus(start)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void publishingAndReadingTakeFewRoundTrips() {
    Swarm swarm = Swarm.of(100, 10);
    // Opening a stream takes a round trip in the simulator, dialing two more.
    double[] took = {
      roundTrips(swarm, () -> swarm.publish(3, "key", "1", MINUTE)),
      roundTrips(swarm, () -> swarm.read(50, "key")),
      roundTrips(swarm, () -> swarm.publish(3, "key", "2", MINUTE.multipliedBy(2))),
      roundTrips(swarm, () -> swarm.read(50, "key")),
    };
    System.out.println("round trips: " + Arrays.toString(took));
    // What was searched lately is written and read without a search.
    assertThat(took[2]).isLessThan(1.1);
    assertThat(took[3]).isLessThan(1.1);
    assertThat(took[0]).isLessThan(8);
    assertThat(took[1]).isLessThan(8);
  }

  private static double roundTrips(Swarm swarm, Runnable work) {
    Duration start = swarm.simulation.elapsed();
    work.run();
    return swarm.simulation.elapsed().minus(start).toNanos() / 50e6;
  }

  @Test
  void thoseWhoReadOneKeyAtOnceShareOneSearch() {
    Swarm swarm = Swarm.of(30, 11);
    swarm.publish(3, "key", "value", MINUTE);
    swarm.simulation.runFor(Duration.ofSeconds(10));
    long before = swarm.networks.get(21).total().bytesSent();
    swarm.await(swarm.nodes.get(21).entries("key"));
    long alone = swarm.networks.get(21).total().bytesSent() - before;
    before = swarm.networks.get(21).total().bytesSent();
    List<CompletableFuture<List<Dht.Entry>>> reads = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      reads.add(swarm.nodes.get(21).entries("key"));
    }
    assertThat(reads.getFirst().cancel(false)).isTrue();
    reads.subList(1, 10).forEach(read -> assertThat(swarm.await(read)).hasSize(1));
    assertThat(swarm.networks.get(21).total().bytesSent() - before).isLessThanOrEqualTo(2 * alone);
  }

  @Test
  void newcomersAreHandedTheKeysTheyAreNearestTo() {
    Swarm swarm = Swarm.of(8, 12);
    swarm.publish(0, "key", "value", Duration.ofMinutes(30));
    swarm.grow(30);
    for (int i = 0; i < 8; i++) {
      swarm.kill(i);
    }
    swarm.simulation.runFor(MINUTE);
    assertThat(swarm.read(20, "key")).containsExactly("value");
  }

  @Test
  void aPeerThatCannotBeDialedReadsAndPublishesAndStandsInNoTable() {
    Swarm swarm = Swarm.of(10, 13);
    KademliaDht client = swarm.add(swarm.profile.dialOutOnly());
    swarm.await(client.bootstrap(swarm.networks.getFirst().addresses()));
    assertThat(swarm.publish(10, "key", "value", MINUTE)).isEqualTo(6);
    assertThat(swarm.read(4, "key")).containsExactly("value");
    assertThat(swarm.read(10, "key")).containsExactly("value");
    for (KademliaDht node : swarm.nodes.subList(0, 10)) {
      assertThat(node.contacts()).isEqualTo(9);
    }
  }

  @Test
  void bootstrapNeedsOneLivingPeerOnly() {
    Swarm swarm = Swarm.of(5, 14);
    swarm.kill(0);
    swarm.kill(1);
    KademliaDht late = swarm.add(swarm.profile);
    var known = swarm.networks.subList(0, 3).stream().map(n -> n.addresses().getFirst()).toList();
    assertThat(swarm.await(late.bootstrap(known))).isEqualTo(1);
    assertThat(late.contacts()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void bootstrapSaysWhenNobodyAnswers() {
    Swarm swarm = Swarm.of(2, 15);
    var known = swarm.networks.getFirst().addresses();
    swarm.kill(0);
    KademliaDht late = swarm.add(swarm.profile);
    assertThatThrownBy(() -> swarm.await(late.bootstrap(known)))
        .hasMessageContaining("none of the known peers answered")
        .hasMessageContaining("check that one of them is running");
  }

  @Test
  void forgedOversizedAndMalformedRecordsAreRefused() {
    Swarm swarm = Swarm.of(3, 16);
    Instant now = swarm.simulation.clock().instant();
    Identity mallory = Identity.generate(new SplittableRandom(99));
    RecordVerifier signer = new RecordVerifier(1 << 20, Duration.ofDays(9999));
    DhtId key = DhtId.ofKey("key");
    ByteString victim = RecordVerifier.subkey(swarm.networks.getFirst().self());
    DhtRecord good = signer.sign(mallory, key, new byte[10], now.plus(MINUTE));
    DhtRecord big = signer.sign(mallory, key, new byte[20_000], now.plus(MINUTE));
    DhtRecord eternal = signer.sign(mallory, key, new byte[10], now.plus(Duration.ofDays(400)));
    DhtRecord forged = new DhtRecord(key, victim, good.value(), good.expiration());
    ByteString bare = ByteString.copyFrom(MessagePackValues.encode(true));
    DhtRecord unsigned = new DhtRecord(key, victim, bare, good.expiration());
    StoreRequest.Builder request = StoreRequest.newBuilder();
    for (DhtRecord record : List.of(good, big, eternal, forged, unsigned)) {
      Calls.add(request, record, false);
    }
    Calls.add(
        request, new DhtRecord(key, DhtRecord.WHOLE_DICTIONARY, bare, good.expiration()), false);
    StoreResponse answer = store(swarm, request.build());
    assertThat(answer.getStoreOkList()).containsExactly(true, false, false, false, false, false);
    assertThat(swarm.await(swarm.nodes.get(1).entries("key")))
        .extracting(Dht.Entry::owner)
        .containsExactly(mallory.peerId());
    assertThatThrownBy(() -> store(swarm, StoreRequest.newBuilder().addKeys(key.toBytes()).build()))
        .hasMessageContaining("store takes as many");
  }

  @Test
  void readersBelieveNoForgedRecordThatANodeServes() {
    Swarm swarm = Swarm.of(3, 17);
    Instant now = swarm.simulation.clock().instant();
    Identity mallory = Identity.generate(new SplittableRandom(98));
    RecordVerifier signer = new RecordVerifier(1 << 20, Duration.ofDays(1));
    DhtId key = DhtId.ofKey("key");
    DhtRecord good = signer.sign(mallory, key, new byte[10], now.plus(MINUTE));
    DhtRecord forged =
        new DhtRecord(
            key,
            RecordVerifier.subkey(swarm.networks.get(2).self()),
            good.value(),
            good.expiration());
    swarm
        .rpcs
        .getFirst()
        .serve(
            Methods.FIND,
            (caller, request) ->
                CompletableFuture.completedFuture(
                    FindResponse.newBuilder()
                        .addResults(
                            org.potluck.dht.proto.FindResult.newBuilder()
                                .setType(ResultType.FOUND_DICTIONARY)
                                .setValue(
                                    org.potluck.dht.records.DictionaryValue.encode(
                                        List.of(good, forged))))
                        .build()));
    assertThat(swarm.await(swarm.nodes.get(1).entries("key")))
        .extracting(Dht.Entry::owner)
        .containsExactly(mallory.peerId());
  }

  @Test
  void plainRecordsOfHivemindAreKeptAndServed() {
    Swarm swarm = Swarm.of(2, 18);
    double expiration = UnixSeconds.of(swarm.simulation.clock().instant().plus(MINUTE));
    DhtId key = DhtId.ofKey("expert.0");
    ByteString value = ByteString.copyFrom(MessagePackValues.encode("12D3..."));
    DhtRecord plain = new DhtRecord(key, DhtRecord.PLAIN, value, expiration);
    StoreResponse stored = store(swarm, Calls.add(StoreRequest.newBuilder(), plain, false).build());
    assertThat(stored.getStoreOkList()).containsExactly(true);
    FindResponse found =
        swarm.await(
            swarm
                .rpcs
                .get(1)
                .call(
                    swarm.networks.getFirst().self(),
                    Methods.FIND,
                    FindRequest.newBuilder().addKeys(key.toBytes()).build(),
                    Duration.ofSeconds(3)));
    assertThat(found.getResults(0).getType()).isEqualTo(ResultType.FOUND_REGULAR);
    assertThat(found.getResults(0).getValue()).isEqualTo(value);
    assertThat(found.getResults(0).getExpirationTime()).isEqualTo(expiration);
  }

  @Test
  void refusesToPublishWhatOthersWouldRefuse() {
    Swarm swarm = Swarm.of(1, 19);
    KademliaDht node = swarm.nodes.getFirst();
    Instant now = swarm.simulation.clock().instant();
    assertThatThrownBy(
            () -> node.publish("key", new byte[Dht.VALUE_BYTES_MAX + 1], now.plus(MINUTE)).join())
        .hasMessageContaining("an entry has up to 16384 bytes");
    assertThatThrownBy(() -> node.publish("key", new byte[1], now).join())
        .hasMessageContaining("expires within");
  }

  private static StoreResponse store(Swarm swarm, StoreRequest request) {
    return swarm.await(
        swarm
            .rpcs
            .get(1)
            .call(swarm.networks.getFirst().self(), Methods.STORE, request, Duration.ofSeconds(3)));
  }
}
