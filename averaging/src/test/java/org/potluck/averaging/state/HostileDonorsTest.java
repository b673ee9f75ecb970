package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.state.proto.StateChunkMessage;
import org.potluck.averaging.state.proto.StateChunkRequest;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.Sha256;
import org.potluck.network.rpc.MessageStream;

/** A donor that does what it must not, beside two that do what they should. */
class HostileDonorsTest {
  private static final int PIECE = 16 << 10;
  private static final int LIAR = 0;

  private final List<PeerId> accused = new ArrayList<>();
  private final List<PeerId> complainedOf = new ArrayList<>();

  @Test
  void chunksOfOtherBytes() {
    Donors donors = donors(1);
    answer(donors, (request, to) -> to.send(piece(request.getIndex(), PIECE)));
    arrives(donors);
    assertThat(accused).containsExactly(liar(donors));
  }

  @Test
  void chunksThatAreTooLong() {
    Donors donors = donors(2);
    answer(donors, (request, to) -> to.send(piece(request.getIndex(), PIECE + 1)));
    arrives(donors);
    assertThat(accused).containsExactly(liar(donors));
  }

  @Test
  void chunksThatNobodyAskedFor() {
    Donors donors = donors(3);
    answer(donors, (request, to) -> to.send(piece(request.getIndex() + 1, PIECE)));
    arrives(donors);
    assertThat(accused).containsExactly(liar(donors));
  }

  @Test
  void messagesWithoutEnd() {
    Donors donors = donors(4);
    answer(
        donors,
        (request, to) -> {
          for (int i = 0; i < 1000; i++) {
            to.send(StateChunkMessage.newBuilder().setIndex(request.getIndex()).build());
          }
        });
    arrives(donors);
    assertThat(accused).containsExactly(liar(donors));
  }

  @Test
  void aDonorThatFallsSilent() {
    Donors donors = donors(5);
    answer(donors, (request, to) -> {});
    arrives(donors);
    assertThat(donors.simulation.elapsed()).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void aTrickleFromTheOnlyDonor() {
    Donors donors = donors(6, 1);
    trickles(donors, LIAR);
    CompletableFuture<Snapshot> download = donors.download();

    assertThat(download.handle((_, failure) -> failure))
        .satisfies(
            end -> assertThat(donors.simulation.await(end, Duration.ofHours(1))).isNotNull());
    assertThat(donors.simulation.elapsed())
        .isLessThan(Donors.limits().stallLimit().multipliedBy(10));
    assertThat(complainedOf).contains(liar(donors));
  }

  @Test
  void aTrickleHoldsNobodyUpWhenThereAreOthers() {
    Donors donors = donors(7);
    trickles(donors, 0);
    trickles(donors, 1);
    arrives(donors);
    assertThat(donors.simulation.elapsed()).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void aStateThatTheOthersDoNotHave() {
    Donors donors = donors(8);
    donors.offer(LIAR, false9());
    donors.notary = notary(List.of("digest 7", "digest 7", "a lie"));
    arrives(donors);
    assertThat(accused).as("it may be a step ahead, so far").isEmpty();
  }

  @Test
  void anotherStateOfTheSameEpoch() {
    Donors donors = donors(9);
    Snapshot honest = Donors.snapshot(7);
    donors.offer(LIAR, new Snapshot(7, "a lie", false9().vectors(), new byte[0]));
    donors.notary = notary(List.of("digest 7", "digest 7", "a lie"));
    assertThat(donors.await(donors.download()).digest()).isEqualTo(honest.digest());
    assertThat(accused).containsExactly(liar(donors));
  }

  @Test
  void parametersThatDoNotHaveTheDigestTheyClaim() {
    // Two agree on it, so that it is chosen; that it is false shows when all of it is there.
    Donors donors = donors(10);
    Snapshot forged = new Snapshot(7, "digest 7", false9().vectors(), new byte[] {1, 2, 7});
    donors.offer(0, forged);
    donors.offer(1, forged);
    Snapshot got = donors.await(donors.download());
    assertThat(got.vectors().getFirst().mismatch(Donors.snapshot(7).vectors().getFirst()))
        .isEqualTo(-1);
    assertThat(accused).containsExactlyInAnyOrderElementsOf(donors.everybody().subList(0, 2));
  }

  @Test
  void manifestsThatMakeNoSense() {
    StateManifestMessage.Builder one =
        StateManifestMessage.newBuilder()
            .setAvailable(true)
            .setEpoch(7)
            .setDigest("digest 7")
            .setChunkBytes(1024);
    List<StateManifestMessage> senseless =
        List.of(
            one.clone().setChunkBytes(-1).build(),
            one.clone().setChunkBytes(2 << 20).build(),
            one.clone().addVectorBytes(-1).addVectorBytes(1).build(),
            one.clone()
                .addVectorBytes(-1024)
                .addVectorBytes(2048)
                .setChunkHashes(ByteString.copyFrom(new byte[Sha256.BYTES]))
                .build(),
            one.clone().addAllVectorBytes(Collections.nCopies(5000, 0L)).build(),
            one.clone().setDigest("d".repeat(300)).build(),
            one.clone().addVectorBytes(4096).build());
    for (StateManifestMessage manifest : senseless) {
      accused.clear();
      Donors donors = donors(11);
      announce(donors, manifest);
      arrives(donors);
      assertThat(accused).as("%s", manifest).containsExactly(liar(donors));
    }
  }

  /**
   * Hashes of a hundred thousand chunks of a byte fit into a message; they are no state of ours.
   */
  @Test
  void manifestsOfAbsurdSize() {
    StateManifestMessage.Builder one =
        StateManifestMessage.newBuilder()
            .setAvailable(true)
            .setEpoch(7)
            .setDigest("digest 7")
            .setChunkBytes(1);
    for (StateManifestMessage manifest :
        List.of(
            one.clone()
                .addVectorBytes(100_000)
                .setChunkHashes(ByteString.copyFrom(new byte[100_000 * Sha256.BYTES]))
                .build(),
            one.clone().addVectorBytes(Long.MAX_VALUE).addVectorBytes(Long.MAX_VALUE).build())) {
      Donors donors = donors(13, 1);
      announce(donors, manifest);
      CompletableFuture<Throwable> end = donors.download().handle((_, failure) -> failure);
      assertThat(donors.simulation.await(end, Duration.ofMinutes(1)))
          .isInstanceOfSatisfying(
              NetworkException.class,
              failure -> assertThat(failure.reason()).isEqualTo(Reason.TOO_LARGE));
    }
  }

  private static void announce(Donors donors, StateManifestMessage manifest) {
    donors
        .rpcs
        .get(LIAR)
        .serve(StateMethods.MANIFEST, (_, _) -> CompletableFuture.completedFuture(manifest));
  }

  @Test
  void aDonorThatChangesItsStateForEver() {
    Donors donors = donors(12, 1);
    EventLoop loop = donors.networks.get(LIAR).loop();
    change(donors, loop, 8);
    CompletableFuture<Throwable> end = donors.download().handle((_, failure) -> failure);

    assertThat(donors.simulation.await(end, Duration.ofHours(1))).hasMessageContaining("moved on");
  }

  @Test
  void whatPeersTellOfAnEpoch() {
    assertThat(Notary.Testimony.of(List.of(), "a")).isEqualTo(Notary.Testimony.UNHEARD);
    assertThat(Notary.Testimony.of(List.of("b"), "a")).isEqualTo(Notary.Testimony.UNHEARD);
    assertThat(Notary.Testimony.of(List.of("a"), "a")).isEqualTo(Notary.Testimony.CONFIRMED);
    assertThat(Notary.Testimony.of(List.of("a", "b"), "a")).isEqualTo(Notary.Testimony.CONFIRMED);
    assertThat(Notary.Testimony.of(List.of("a", "b", "b"), "a")).isEqualTo(Notary.Testimony.DENIED);
  }

  private Donors donors(long seed) {
    return donors(seed, 3);
  }

  private Donors donors(long seed, int number) {
    Donors donors = new Donors(seed, number, Donors.limits().withDonor(4, 1));
    donors.offerAll(Donors.snapshot(7));
    donors.notary = notary(List.of("digest 7", "digest 7", "digest 7"));
    return donors;
  }

  private static void answer(
      Donors donors, BiConsumer<StateChunkRequest, MessageStream<StateChunkMessage>> conduct) {
    donors
        .rpcs
        .get(LIAR)
        .serve(StateMethods.CHUNKS, (_, to) -> request -> conduct.accept(request, to));
  }

  /** Lets a donor send a byte a second of whatever it was asked for first. */
  private static void trickles(Donors donors, int donor) {
    EventLoop loop = donors.networks.get(donor).loop();
    donors
        .rpcs
        .get(donor)
        .serve(
            StateMethods.CHUNKS,
            (_, to) -> {
              AtomicBoolean begun = new AtomicBoolean();
              return request -> {
                if (begun.compareAndSet(false, true)) {
                  trickle(loop, request, to);
                }
              };
            });
  }

  private static void trickle(
      EventLoop loop, StateChunkRequest request, MessageStream<StateChunkMessage> to) {
    to.send(piece(request.getIndex(), 1));
    EventLoop.Timer _ = loop.schedule(Duration.ofSeconds(1), () -> trickle(loop, request, to));
  }

  private static void change(Donors donors, EventLoop loop, long epoch) {
    donors.offer(LIAR, Donors.snapshot(epoch));
    EventLoop.Timer _ =
        loop.schedule(Duration.ofMillis(700), () -> change(donors, loop, epoch + 1));
  }

  private static StateChunkMessage piece(int index, int bytes) {
    return StateChunkMessage.newBuilder()
        .setIndex(index)
        .setData(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  /** The right state arrives, whatever the liar does. */
  private static void arrives(Donors donors) {
    Snapshot got = donors.await(donors.download());
    Snapshot expected = Donors.snapshot(7);
    assertThat(got.epoch()).isEqualTo(7);
    for (int i = 0; i < expected.vectors().size(); i++) {
      assertThat(got.vectors().get(i).mismatch(expected.vectors().get(i))).isEqualTo(-1);
    }
  }

  private static PeerId liar(Donors donors) {
    return donors.everybody().get(LIAR);
  }

  private static Snapshot false9() {
    List<MemorySegment> vectors = new ArrayList<>();
    Random random = new Random(9);
    for (int v = 0; v < Donors.VECTORS; v++) {
      byte[] bytes = new byte[Donors.VECTOR_VALUES * Float.BYTES];
      random.nextBytes(bytes);
      vectors.add(MemorySegment.ofArray(bytes));
    }
    return new Snapshot(9, "a lie", vectors, new byte[0]);
  }

  /** Hears {@code told} of epoch 7 and nothing of others, and knows what its parameters are. */
  private Notary notary(List<String> told) {
    return new Notary() {
      @Override
      public Testimony testimony(long epoch, String digest) {
        if (epoch > 7 && digest.startsWith("digest")) {
          return Testimony.CONFIRMED;
        }
        return Testimony.of(epoch == 7 ? told : List.of(), digest);
      }

      @Override
      public CompletableFuture<Boolean> certify(Snapshot snapshot) {
        Snapshot honest = Donors.snapshot(snapshot.epoch());
        return CompletableFuture.completedFuture(
            snapshot.vectors().getFirst().mismatch(honest.vectors().getFirst()) == -1);
      }

      @Override
      public void accuse(PeerId donor, String deed) {
        accused.add(donor);
      }

      @Override
      public void complain(PeerId donor, String deed) {
        complainedOf.add(donor);
      }
    };
  }
}
