package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.potluck.network.PeerId;

/** Who missed steps, or was slower with a state than the swarm with an epoch, takes them later. */
class StepTransferTest {
  private static final int VALUES = 100_000;
  private static final Duration EPOCH = Duration.ofMillis(80);

  private final List<PeerId> accused = new ArrayList<>();

  /** What peers say that are at the epoch that the step leads to; the swarm has left it, mostly. */
  private List<String> told = List.of();

  @Test
  void bringsTheStepThatWasMissed() {
    Donors donors = new Donors(1, 3, Donors.limits());
    passAll(donors, step(7));
    Step got = donors.await(follow(donors, 7));
    assertThat(got.average().mismatch(step(7).average())).isEqualTo(-1);
    assertThat(got.to()).isEqualTo("digest 8");
    assertThat(donors.donors).allSatisfy(donor -> assertThat(donor.steps()).isOne());
  }

  @Test
  void hasNoStepFromOtherParameters() {
    Donors donors = new Donors(2, 2, Donors.limits());
    passAll(donors, new Step(7, "another", "digest 8", step(7).average()));
    assertThat(failure(donors, follow(donors, 7))).contains("the step from epoch 7");
    assertThat(donors.simulation.elapsed()).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void keepsOnlyTheLastStepWhileNobodyDownloads() {
    Donors donors = new Donors(3, 1, Donors.limits());
    List<Long> given = new ArrayList<>();
    for (long epoch = 1; epoch <= 3; epoch++) {
      Step step = step(epoch);
      donors
          .networks
          .getFirst()
          .loop()
          .execute(() -> donors.donors.getFirst().passed(step, () -> given.add(step.epoch())));
      donors.simulation.runFor(EPOCH);
    }
    assertThat(donors.donors.getFirst().steps()).isOne();
    assertThat(given).as("whose memory may be written to").containsExactly(1L, 2L);
  }

  /** Every download of a state takes several epochs; what is fetched is the first all the same. */
  @Test
  void aSlowNewcomerComesToWhereTheOthersAre() {
    Donors donors = new Donors(4, 2, Donors.limits());
    donors.offerAll(Donors.snapshot(1));
    CompletableFuture<Snapshot> download = donors.download();
    long newest = 1;
    while (!download.isDone()) {
      donors.simulation.runFor(EPOCH);
      passAll(donors, step(newest));
      donors.offerAll(Donors.snapshot(++newest));
    }
    long fetched = donors.await(download).epoch();
    assertThat(newest).as("the swarm's epoch then").isGreaterThan(fetched + 2);
    for (long epoch = fetched; epoch < newest; epoch++) {
      Step got = donors.await(follow(donors, epoch));
      assertThat(got.average().mismatch(step(epoch).average())).isEqualTo(-1);
    }
    donors.simulation.runFor(Donors.limits().placeLimit().multipliedBy(3));
    assertThat(donors.donors).allSatisfy(donor -> assertThat(donor.steps()).isOne());
    assertThat(donors.donors).allSatisfy(donor -> assertThat(donor.snapshots()).isOne());
  }

  @Test
  void aDonorKeepsNoMoreThanAStateTakes() {
    Donors donors = new Donors(5, 1, Donors.limits());
    donors.offerAll(Donors.snapshot(1));
    CompletableFuture<Snapshot> download = donors.download();
    donors.simulation.runFor(Duration.ofMillis(250));
    long stateBytes = 4L * Donors.VECTORS * Donors.VECTOR_VALUES;
    long packed = PackedValues.pack(step(1).average()).byteSize();
    for (long epoch = 1; epoch < 13; epoch++) {
      passAll(donors, step(epoch));
      donors.simulation.runFor(Duration.ofMillis(1));
    }
    assertThat(download).isNotDone();
    assertThat(donors.donors.getFirst().steps()).isEqualTo(1 + (int) (stateBytes / packed));
  }

  @Test
  void aStepThatIsNoneIsHeldAgainstWhoGaveIt() {
    Donors donors = new Donors(6, 3, Donors.limits());
    passAll(donors, step(7));
    donors
        .networks
        .getFirst()
        .loop()
        .execute(
            () -> {
              donors.donors.getFirst().withdraw();
              donors.donors.getFirst().passed(shorter(step(7)), () -> {});
            });
    donors
        .networks
        .get(1)
        .loop()
        .execute(
            () -> {
              donors.donors.get(1).withdraw();
              donors.donors.get(1).passed(shorter(step(7)), () -> {});
            });
    Step got = donors.await(follow(donors, 7));
    assertThat(got.average().mismatch(step(7).average())).isEqualTo(-1);
    assertThat(accused).containsExactlyInAnyOrderElementsOf(donors.everybody().subList(0, 2));
  }

  @Test
  void aStepToWhereMostAreNotIsNotTaken() {
    Donors donors = new Donors(7, 2, Donors.limits());
    passAll(donors, step(7));
    donors
        .networks
        .getFirst()
        .loop()
        .execute(
            () -> {
              donors.donors.getFirst().withdraw();
              donors
                  .donors
                  .getFirst()
                  .passed(new Step(7, "digest 7", "a lie", step(8).average()), () -> {});
            });
    told = List.of("digest 8", "digest 8", "a lie");
    assertThat(donors.await(follow(donors, 7)).to()).isEqualTo("digest 8");
    assertThat(accused).containsExactly(donors.everybody().getFirst());
  }

  private static Step shorter(Step step) {
    return new Step(step.epoch(), step.from(), step.to(), step.average().asSlice(0, 4000));
  }

  /** What an average in float16 decodes to. */
  private static Step step(long epoch) {
    Random random = new Random(epoch);
    float[] values = new float[VALUES];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.float16ToFloat(Float.floatToFloat16(random.nextFloat()));
    }
    return new Step(
        epoch, "digest " + epoch, "digest " + (epoch + 1), MemorySegment.ofArray(values));
  }

  private static void passAll(Donors donors, Step step) {
    for (int i = 0; i < donors.donors.size(); i++) {
      StateDonor donor = donors.donors.get(i);
      donors.networks.get(i).loop().execute(() -> donor.passed(step, () -> {}));
    }
  }

  private CompletableFuture<Step> follow(Donors donors, long epoch) {
    Notary checks = notary(told);
    CompletableFuture<Step> result = new CompletableFuture<>();
    donors
        .newcomer
        .loop()
        .execute(
            () -> {
              CompletableFuture<Step> _ =
                  new StateClient(
                          donors.newcomer.loop(),
                          donors.newcomerRpc,
                          Donors.RUN,
                          Donors.limits(),
                          checks,
                          donors.newcomer.random())
                      .step(donors.everybody(), epoch, "digest " + epoch, VALUES, Donors.LIMIT)
                      .whenComplete(
                          (step, trouble) -> {
                            if (trouble == null) {
                              result.complete(step);
                            } else {
                              result.completeExceptionally(trouble);
                            }
                          });
            });
    return result;
  }

  private static String failure(Donors donors, CompletableFuture<Step> failing) {
    return donors.simulation.await(
        failing.handle(
            (_, failure) ->
                failure instanceof CompletionException wrapped
                    ? String.valueOf(wrapped.getCause())
                    : String.valueOf(failure)),
        Duration.ofMinutes(10));
  }

  private Notary notary(List<String> words) {
    return new Notary() {
      @Override
      public Testimony testimony(long epoch, String digest) {
        return Testimony.of(words, digest);
      }

      @Override
      public CompletableFuture<Boolean> certify(Snapshot snapshot) {
        throw new AssertionError("a step is no state");
      }

      @Override
      public void accuse(PeerId donor, String deed) {
        accused.add(donor);
      }

      @Override
      public void complain(PeerId donor, String deed) {}
    };
  }
}
