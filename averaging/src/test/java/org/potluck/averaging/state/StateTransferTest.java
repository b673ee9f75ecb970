package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.state.proto.StateChunkMessage;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.network.Bandwidth;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.Sha256;
import org.potluck.network.simulation.PeerProfile;

class StateTransferTest {
  private static final Duration MIDWAY = Duration.ofMillis(250);
  private static final long STATE_BYTES = 4L * Donors.VECTORS * Donors.VECTOR_VALUES;

  @Test
  void bringsTheStateOfOneDonorUnchanged() {
    Donors donors = new Donors(1, 1, Donors.limits());
    donors.offerAll(Donors.snapshot(7));

    assertSame(donors.await(donors.download()), Donors.snapshot(7));
  }

  @Test
  void bringsTheSameInTheSameTimeFromTheSameSeed() {
    assertThat(timelineOf(2)).isEqualTo(timelineOf(2));
  }

  private static long timelineOf(long seed) {
    Donors donors = new Donors(seed, 3, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    donors.await(donors.download());
    return donors.simulation.timelineHash();
  }

  @Test
  void sharesTheLoadAmongDonors() {
    Donors donors = new Donors(3, 3, Donors.limits());
    donors.offerAll(Donors.snapshot(7));

    assertSame(donors.await(donors.download()), Donors.snapshot(7));
    for (int i = 0; i < 3; i++) {
      assertThat(donors.sent(i)).as("donor %d", i).isBetween(STATE_BYTES / 4, STATE_BYTES / 2);
    }
  }

  @Test
  void goesOnWithTheOthersWhenADonorCrashes() {
    Donors donors = new Donors(4, 2, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    CompletableFuture<Snapshot> download = donors.download();
    donors.simulation.runFor(MIDWAY);
    assertThat(download).isNotDone();
    assertThat(donors.donors.get(0).downloads()).isOne();
    donors.simulation.crash(donors.networks.get(0));

    assertSame(donors.await(download), Donors.snapshot(7));
    assertThat(donors.sent(1)).isLessThan(STATE_BYTES);
  }

  @Test
  void fetchesElsewhereWhatALiarCorrupts() {
    Donors donors = new Donors(5, 2, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    AtomicInteger lies = new AtomicInteger();
    donors
        .rpcs
        .get(0)
        .serve(
            StateMethods.CHUNKS,
            (_, answers) ->
                request -> {
                  lies.incrementAndGet();
                  answers.send(
                      StateChunkMessage.newBuilder()
                          .setIndex(request.getIndex())
                          .setData(ByteString.copyFrom(new byte[16 << 10]))
                          .build());
                });

    assertSame(donors.await(donors.download()), Donors.snapshot(7));
    assertThat(lies.get()).isBetween(1, Donors.limits().chunksInFlight());
  }

  @Test
  void startsAnewWhenAllDonorsHaveMovedOn() {
    Donors donors = new Donors(6, 2, Donors.limits().withDonor(4, 1));
    donors.offerAll(Donors.snapshot(7));
    CompletableFuture<Snapshot> download = donors.download();
    donors.simulation.runFor(MIDWAY);
    assertThat(download).isNotDone();
    donors.offerAll(Donors.snapshot(8));

    assertSame(donors.await(download), Donors.snapshot(8));
  }

  @Test
  void finishesWithTheFormerStateThatDonorsKeepForIt() {
    Donors donors = new Donors(7, 2, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    CompletableFuture<Snapshot> download = donors.download();
    donors.simulation.runFor(MIDWAY);
    donors.offerAll(Donors.snapshot(8));
    donors.simulation.runFor(Duration.ofMillis(1));
    assertThat(donors.donors.get(0).snapshots()).isEqualTo(2);

    assertSame(donors.await(download), Donors.snapshot(7));
    donors.simulation.runFor(Donors.limits().placeLimit().multipliedBy(3));
    assertThat(donors.donors.get(0).snapshots()).isOne();
  }

  @Test
  void takesTheNewestStateThatMostDonorsAgreeOn() {
    Donors donors = new Donors(8, 4, Donors.limits());
    Snapshot odd = new Snapshot(8, "another", Donors.snapshot(9).vectors(), new byte[0]);
    donors.offer(0, Donors.snapshot(7));
    donors.offer(1, odd);
    donors.offer(2, Donors.snapshot(8));
    donors.offer(3, Donors.snapshot(8));

    assertSame(donors.await(donors.download()), Donors.snapshot(8));
  }

  @Test
  void hashesNothingBeforeSomebodyAsks() {
    Donors donors = new Donors(9, 1, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    donors.simulation.runFor(Duration.ofMinutes(1));
    assertThat(donors.donors.get(0).hashed()).isFalse();
    NetworkException nothing = failure(donors, donors.download(Donors.limits(), 7, Donors.LIMIT));
    assertThat(nothing).hasMessageContaining("nothing newer than epoch 7");
    assertThat(donors.donors.get(0).hashed()).isFalse();

    donors.await(donors.download(Donors.limits(), 6, Donors.LIMIT));
    assertThat(donors.donors.get(0).hashed()).isTrue();
  }

  @Test
  void doesNotWaitForTheSlowestDonorAtTheEnd() {
    Donors donors = new Donors(16, 2, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    donors.rpcs.get(0).serve(StateMethods.CHUNKS, (_, _) -> request -> {});

    assertSame(donors.await(donors.download()), Donors.snapshot(7));
    assertThat(donors.simulation.elapsed()).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void waitsForABusyDonor() {
    Donors donors = new Donors(10, 1, Donors.limits().withDonor(1, 2));
    donors.offerAll(Donors.snapshot(7));
    var second = donors.simulation.addPeer(PeerProfile.datacenter());
    second.remember(donors.everybody().get(0), donors.networks.get(0).addresses());
    CompletableFuture<Snapshot> first = donors.download();
    donors.simulation.runFor(MIDWAY);
    CompletableFuture<Snapshot> later = donors.downloadAs(second);
    donors.simulation.runFor(Duration.ofMillis(150));
    assertThat(donors.donors.get(0).downloads()).isOne();

    assertSame(donors.await(first), Donors.snapshot(7));
    assertThat(later).isNotDone();
    assertSame(donors.await(later), Donors.snapshot(7));
  }

  @Test
  void refusesAStateLargerThanAllowed() {
    Donors donors = new Donors(11, 1, Donors.limits());
    donors.offerAll(Donors.snapshot(7));

    NetworkException refused =
        failure(donors, donors.download(StateLimits.usual(STATE_BYTES - 1), -1, Donors.LIMIT));
    assertThat(refused.reason()).isEqualTo(Reason.TOO_LARGE);
    assertThat(refused).hasMessageContaining("more than the allowed");
  }

  @Test
  void refusesAManifestThatLacksHashes() {
    Donors donors = new Donors(12, 1, Donors.limits());
    donors
        .rpcs
        .get(0)
        .serve(
            StateMethods.MANIFEST,
            (_, _) ->
                CompletableFuture.completedFuture(
                    StateManifestMessage.newBuilder()
                        .setAvailable(true)
                        .setEpoch(1)
                        .setChunkBytes(1024)
                        .addVectorBytes(4096)
                        .setChunkHashes(ByteString.copyFrom(new byte[3 * Sha256.BYTES]))
                        .build()));

    NetworkException refused = failure(donors, donors.download());
    assertThat(refused.reason()).isEqualTo(Reason.PROTOCOL_VIOLATION);
  }

  @Test
  void saysThatThereIsNoDonor() {
    Donors nobody = new Donors(13, 0, Donors.limits());
    assertThat(failure(nobody, nobody.download())).hasMessageContaining("no donor to ask");

    Donors gone = new Donors(14, 1, Donors.limits());
    gone.simulation.crash(gone.networks.get(0));
    NetworkException unreachable = failure(gone, gone.download());
    assertThat(unreachable).hasMessageContaining(gone.everybody().get(0).toString());
  }

  @Test
  void goesOnForAsLongAsChunksCome() {
    PeerProfile slow =
        PeerProfile.home()
            .withBandwidth(Bandwidth.ofMegabitsPerSecond(0.1), Bandwidth.ofMegabitsPerSecond(1));
    Donors donors = new Donors(15, 1, Donors.limits(), slow);
    donors.offerAll(Donors.snapshot(7));

    assertSame(
        donors.await(donors.download(Donors.limits(), -1, Duration.ofSeconds(5))),
        Donors.snapshot(7));
    assertThat(donors.simulation.elapsed()).isGreaterThan(Duration.ofSeconds(90));
  }

  @Test
  void saysHowFarItCameWhenNothingComesAnyMore() {
    Donors donors = new Donors(17, 1, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    CompletableFuture<Snapshot> download =
        donors.download(Donors.limits(), -1, Duration.ofSeconds(10));
    donors.simulation.runFor(MIDWAY);
    donors.simulation.crash(donors.networks.get(0));

    NetworkException late = failure(donors, download);
    assertThat(late).hasMessageContaining("chunks of epoch 7 had arrived");
  }

  private static NetworkException failure(Donors donors, CompletableFuture<Snapshot> download) {
    try {
      donors.await(download);
    } catch (CompletionException e) {
      if (e.getCause() instanceof NetworkException expected) {
        return expected;
      }
      throw e;
    }
    throw new AssertionError("the download did not fail");
  }

  private static void assertSame(Snapshot actual, Snapshot expected) {
    assertThat(actual.epoch()).isEqualTo(expected.epoch());
    assertThat(actual.digest()).isEqualTo(expected.digest());
    assertThat(actual.metadata()).isEqualTo(expected.metadata());
    List<MemorySegment> vectors = actual.vectors();
    assertThat(vectors).hasSameSizeAs(expected.vectors());
    for (int i = 0; i < vectors.size(); i++) {
      assertThat(vectors.get(i).mismatch(expected.vectors().get(i)))
          .as("vector %d", i)
          .isEqualTo(-1);
    }
  }
}
