package org.potluck.peer.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.state.Step;
import org.potluck.averaging.trust.Audit;
import org.potluck.network.PeerId;
import org.potluck.trainer.Model;
import org.potluck.trainer.SampleDraw;

final class TrainingLoopTest {
  private static final long DRAWER = 77;
  private static final long DRAWS_PER_EPOCH = 1L << 20;

  private final ManualClock clock = new ManualClock();
  private final FakeTrainer trainer = new FakeTrainer(clock);
  private final FakeSwarm swarm = new FakeSwarm(clock);
  private final Heard heard = new Heard();

  /** Everything the listener was told; may stop the loop after so many micro-batches. */
  private static final class Heard implements TrainingListener {
    final List<Long> unusable = new ArrayList<>();
    final List<Long> caughtUp = new ArrayList<>();
    final List<Long> followed = new ArrayList<>();
    final List<String> refused = new ArrayList<>();
    final List<Barred> barred = new ArrayList<>();
    final List<RoundOutcome> settled = new ArrayList<>();
    final List<Double> audited = new ArrayList<>();
    final List<Double> losses = new ArrayList<>();
    final List<Duration> epochs = new ArrayList<>();
    Runnable afterMicroBatch = () -> {};

    @Override
    public void trained(Swarm.OwnProgress progress, Swarm.SwarmView view) {
      afterMicroBatch.run();
    }

    @Override
    public void unusable(long epoch) {
      unusable.add(epoch);
    }

    @Override
    public void settled(long epoch, RoundOutcome outcome) {
      settled.add(outcome);
    }

    @Override
    public void stepped(Model stepped, double loss, long samples, Duration took) {
      losses.add(loss);
      epochs.add(took);
    }

    @Override
    public void caughtUp(long epoch) {
      caughtUp.add(epoch);
    }

    @Override
    public void followed(Model model) {
      long epoch = model.epoch();
      followed.add(epoch);
    }

    @Override
    public void audited(Audit audit, double similarity) {
      audited.add(similarity);
    }

    @Override
    public void barred(Barred ban) {
      barred.add(ban);
    }

    @Override
    public void refused(String reason) {
      refused.add(reason);
    }
  }

  /** Target of 8 samples, 4 per micro-batch. */
  private TrainingLoop loop(long epochs) {
    return new TrainingLoop(trainer, swarm, new TrainingPlan(8, 4, epochs, DRAWER), heard, clock);
  }

  private static SampleDraw draw(long epoch, long number) {
    return new SampleDraw(DRAWER, epoch * DRAWS_PER_EPOCH + number, 4);
  }

  @Test
  void computesAnothersSamplesAgainFromTheStateTheyBelongTo() throws InterruptedException {
    PeerId other = PeerId.ofKey(new byte[36]);
    swarm.audits.add(
        new Audit(
            other, 8, List.of(new Inspector.Excerpt(0, new float[] {0.5f}, new float[] {0}))));
    loop(2).run();
    assertThat(trainer.draws.subList(2, 4))
        .containsExactly(
            new SampleDraw(Draws.drawer(other), 0, 4), new SampleDraw(Draws.drawer(other), 1, 4));
    assertThat(trainer.draws.subList(4, 6)).containsExactly(draw(1, 0), draw(1, 1));
    assertThat(trainer.restored).containsExactly(0L, 1L);
    assertThat(swarm.audited).containsExactly(1.0);
    assertThat(heard.audited).containsExactly(1.0);
    assertThat(swarm.reports)
        .filteredOn(report -> report.activity() == Swarm.Activity.AUDITING)
        .hasSize(2)
        .allMatch(report -> report.epoch() == 1);
  }

  @Test
  void givesAnAuditUpWhenTheNextRoundCalls() throws InterruptedException {
    swarm.audits.add(new Audit(PeerId.ofKey(new byte[36]), 400, List.of()));
    trainer.afterDraws(5, () -> swarm.called = true);
    loop(2).run();
    assertThat(swarm.audited).isEmpty();
    assertThat(trainer.restored).containsExactly(0L, 1L);
    assertThat(trainer.draws).hasSize(5);
    assertThat(trainer.epoch()).isEqualTo(2);
  }

  @Test
  void trainsUntilTheTargetAveragesAndStepsToTheLastEpoch() throws InterruptedException {
    TrainingLoop loop = loop(2);
    loop.run();
    assertThat(trainer.draws).containsExactly(draw(0, 0), draw(0, 1), draw(1, 0), draw(1, 1));
    assertThat(swarm.brought)
        .containsExactly(new FakeSwarm.Brought(0, 8, 1), new FakeSwarm.Brought(1, 8, 1));
    assertThat(swarm.offers)
        .containsExactly("0: digest of epoch 0", "1: digest of epoch 1", "2: digest of epoch 2");
    assertThat(swarm.farewells).hasSize(1);
    assertThat(swarm.farewells.getFirst().epoch()).isEqualTo(2);
    // Losses of the fake: 1 and 2, then 3 and 4.
    assertThat(heard.losses).containsExactly(1.5, 3.5);
    assertThat(heard.epochs).containsOnly(Duration.ofSeconds(5));
    assertThat(loop.tally().lossFirst()).isEqualTo(1.5);
    assertThat(loop.tally().lossLast()).isEqualTo(3.5);
    assertThat(loop.tally().samples()).isEqualTo(16);
    assertThat(loop.tally().training()).isEqualTo(Duration.ofSeconds(4));
    assertThat(loop.tally().averaging()).isEqualTo(Duration.ofSeconds(6));
  }

  @Test
  void doesNothingWhenTheRunIsComplete() throws InterruptedException {
    trainer.restore(FakeTrainer.stateAt(5));
    loop(5).run();
    assertThat(trainer.draws).isEmpty();
    assertThat(swarm.brought).isEmpty();
    assertThat(swarm.offers).containsExactly("5: digest of epoch 5");
    assertThat(swarm.farewells).hasSize(1);
  }

  @Test
  void digestsTheParametersOnceForEachOfTheirStates() throws InterruptedException {
    loop(3).run();
    assertThat(swarm.reports).hasSizeGreaterThan(6);
    assertThat(trainer.digested).containsExactly(0L, 1L, 2L, 3L);
  }

  @Test
  void keepsItsContributionWhenARoundFails() throws InterruptedException {
    swarm.outcomes.add(FakeSwarm.abandoned());
    TrainingLoop loop = loop(1);
    loop.run();
    assertThat(swarm.brought)
        .containsExactly(new FakeSwarm.Brought(0, 8, 1), new FakeSwarm.Brought(0, 8, 1));
    assertThat(trainer.draws).containsExactly(draw(0, 0), draw(0, 1));
    assertThat(trainer.applied).containsExactly(1f);
    assertThat(heard.losses).containsExactly(1.5);
    assertThat(swarm.waits).hasSize(1);
    assertThat(loop.tally().roundsFailed()).isEqualTo(1);
    assertThat(loop.tally().roundsAveraged()).isEqualTo(1);
  }

  @Test
  void forgetsItsContributionWhenTheOthersHaveMovedOn() throws InterruptedException {
    heard.afterMicroBatch =
        () -> {
          if (trainer.draws.size() == 1) {
            swarm.epochOfOthers = 3;
          }
        };
    swarm.downloads.add(Optional.of(FakeTrainer.stateAt(3)));
    loop(4).run();
    assertThat(heard.caughtUp).containsExactly(3L);
    assertThat(trainer.draws).containsExactly(draw(0, 0), draw(3, 0), draw(3, 1));
    assertThat(swarm.brought).containsExactly(new FakeSwarm.Brought(3, 8, 1));
    assertThat(swarm.offers).contains("3: digest of epoch 3");
    // Of the loss of epoch 0 nothing is left in that of epoch 3.
    assertThat(heard.losses).containsExactly(2.5);
  }

  @Test
  void takesTheStepsThatItMissedInsteadOfAState() throws InterruptedException {
    swarm.epochOfOthers = 2;
    swarm.missed.add(stepTo(1, "digest of epoch 1", 0.25f));
    swarm.missed.add(stepTo(2, "digest of epoch 2", 0.5f));
    TrainingLoop loop = loop(3);
    loop.run();
    assertThat(trainer.applied).containsExactly(0.25f, 0.5f, 1f);
    assertThat(heard.followed).containsExactly(1L, 2L);
    assertThat(heard.caughtUp).isEmpty();
    // Others may miss the same.
    assertThat(swarm.passed).extracting(Step::epoch).containsExactly(0L, 1L, 2L);
    assertThat(swarm.passed.getLast().from()).isEqualTo("digest of epoch 2");
    assertThat(swarm.passed.getLast().to()).isEqualTo("digest of epoch 3");
    assertThat(swarm.offers)
        .containsExactly(
            "0: digest of epoch 0",
            "1: digest of epoch 1",
            "2: digest of epoch 2",
            "3: digest of epoch 3");
    assertThat(loop.tally().roundsAveraged()).isEqualTo(1);
    assertThat(heard.losses).as("steps of others teach nothing of one's own").hasSize(1);
  }

  @Test
  void takesAStateWhenAStepDoesNotLeadWhereItShould() throws InterruptedException {
    swarm.epochOfOthers = 2;
    swarm.missed.add(stepTo(1, "a lie", 0.25f));
    swarm.missed.add(stepTo(1, "another", 0.25f));
    swarm.downloads.add(Optional.of(FakeTrainer.stateAt(2)));
    loop(3).run();
    assertThat(heard.refused).hasSize(1);
    assertThat(heard.followed).isEmpty();
    assertThat(trainer.restored).containsExactly(0L, 2L);
    assertThat(heard.caughtUp).containsExactly(2L);
    assertThat(swarm.passed).extracting(Step::epoch).containsExactly(2L);
    assertThat(swarm.offers)
        .contains("2: digest of epoch 2")
        .doesNotContain("1: digest of epoch 1");
  }

  @Test
  void takesWhatFewClaimToHaveOnlyWhereItIsNoWorse() throws InterruptedException {
    swarm.contested = true;
    swarm.epochOfOthers = 1000;
    trainer.evaluations.addAll(List.of(2.0, 2.1, 2.0, 2.0));
    swarm.downloads.add(Optional.of(FakeTrainer.stateAt(1000)));
    swarm.downloads.add(Optional.of(FakeTrainer.stateAt(1000)));
    loop(1001).run();
    assertThat(trainer.restored).as("a worse one is put back").containsExactly(1000L, 0L, 1000L);
    assertThat(swarm.judgements).containsExactly(false, true);
    assertThat(heard.refused).singleElement().asString().contains("epoch 1000", "worse");
    assertThat(heard.caughtUp).containsExactly(1000L);
    assertThat(swarm.offers.subList(0, 2))
        .containsExactly("0: digest of epoch 0", "1000: digest of epoch 1000");
  }

  @Test
  void takesNoStepOfFewThatMakesTheModelWorse() throws InterruptedException {
    swarm.contested = true;
    swarm.epochOfOthers = 1;
    trainer.evaluations.addAll(List.of(2.0, 2.1, 2.0, 1.9));
    swarm.missed.add(stepTo(1, "digest of epoch 1", 100f));
    swarm.missed.add(stepTo(1, "digest of epoch 1", 1f));
    loop(2).run();
    assertThat(trainer.restored).containsExactly(0L);
    assertThat(swarm.judgements).containsExactly(false, true);
    assertThat(heard.followed).containsExactly(1L);
    assertThat(swarm.passed).extracting(Step::epoch).containsExactly(0L, 1L);
  }

  private static Step stepTo(long epoch, String digest, float average) {
    return new Step(
        epoch - 1,
        "digest of epoch " + (epoch - 1),
        digest,
        MemorySegment.ofArray(new float[] {average}));
  }

  @Test
  void triesAgainWhenNobodyCouldGiveItTheState() throws InterruptedException {
    swarm.epochOfOthers = 2;
    swarm.downloads.add(Optional.empty());
    swarm.downloads.add(Optional.of(FakeTrainer.stateAt(2)));
    loop(2).run();
    assertThat(swarm.waits).hasSize(1);
    assertThat(heard.caughtUp).containsExactly(2L);
    assertThat(swarm.reports)
        .filteredOn(report -> report.activity() == Swarm.Activity.DOWNLOADING)
        .hasSize(2);
  }

  @Test
  void sitsABanOutAndThenComesBack() throws InterruptedException {
    swarm.epochOfOthers = 2;
    Instant until = clock.instant().plus(Duration.ofSeconds(301));
    swarm.barred = new Barred(6, 7, "sent noise", until);
    swarm.downloads.add(Optional.of(FakeTrainer.stateAt(2)));
    swarm.duringWaits = () -> assertThat(swarm.downloads).as("asked for nothing").hasSize(1);
    loop(2).run();
    assertThat(swarm.waits.stream().mapToLong(Duration::toMillis).sum()).isEqualTo(301_000);
    assertThat(heard.barred).contains(swarm.barred);
    assertThat(heard.caughtUp).containsExactly(2L);
    assertThat(trainer.draws).as("nobody would take it").isEmpty();
    assertThat(swarm.reports.stream().map(Swarm.OwnProgress::activity).distinct())
        .contains(Swarm.Activity.BANNED);
    assertThat(swarm.reports.getLast().activity()).isNotEqualTo(Swarm.Activity.BANNED);
  }

  @Test
  void stopsInTheMiddleOfABan() throws InterruptedException {
    swarm.epochOfOthers = 2;
    swarm.barred = new Barred(6, 7, "sent noise", Instant.MAX);
    TrainingLoop loop = loop(2);
    swarm.duringWaits =
        () -> {
          if (swarm.waits.size() == 3) {
            loop.stop();
          }
        };
    loop.run();
    assertThat(swarm.waits).hasSize(3);
  }

  @Test
  void takesPartWithoutSamplesWhenTheOthersHaveEnough() throws InterruptedException {
    swarm.samplesOfOthers = 8;
    swarm.outcomes.add(FakeSwarm.averaged(0.5f, 8));
    TrainingLoop loop = loop(1);
    loop.run();
    assertThat(swarm.brought).containsExactly(new FakeSwarm.Brought(0, 0, 1));
    assertThat(trainer.applied).containsExactly(0.5f);
    assertThat(heard.losses).containsExactly(Double.NaN);
    assertThat(loop.tally().lossFirst()).isNaN();
    assertThat(swarm.farewells.getFirst().loss()).isNaN();
  }

  @Test
  void stepsWithZerosWhenTheAverageTeachesNothing() throws InterruptedException {
    swarm.outcomes.add(FakeSwarm.averaged(7, 0));
    swarm.outcomes.add(FakeSwarm.averaged(Float.POSITIVE_INFINITY, 8));
    swarm.outcomes.add(FakeSwarm.averaged(Float.NaN, 8));
    loop(4).run();
    assertThat(trainer.applied).containsExactly(0f, 0f, 0f, 1f);
    assertThat(swarm.brought).extracting(FakeSwarm.Brought::epoch).containsExactly(0L, 1L, 2L, 3L);
  }

  @Test
  void refusesAStateThatCannotBeOneOfTheModel() throws InterruptedException {
    swarm.epochOfOthers = 2;
    swarm.downloads.add(Optional.of(FakeTrainer.unusableState()));
    swarm.downloads.add(Optional.of(FakeTrainer.stateAt(2)));
    loop(2).run();
    assertThat(heard.refused).hasSize(1);
    assertThat(heard.caughtUp).containsExactly(2L);
    assertThat(swarm.offers).containsExactly("0: digest of epoch 0", "2: digest of epoch 2");
  }

  @Test
  void leavesGradientsOutThatAreNoNumbers() throws InterruptedException {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      trainer.nextGradient(bad);
      trainer.restore(FakeTrainer.stateAt(0));
      trainer.draws.clear();
      swarm.brought.clear();
      heard.losses.clear();
      loop(1).run();
      assertThat(swarm.brought).containsExactly(new FakeSwarm.Brought(0, 8, 1));
      // What failed once is not drawn again.
      assertThat(trainer.draws).containsExactly(draw(0, 0), draw(0, 1), draw(0, 2), draw(0, 3));
      assertThat(heard.losses).containsExactly(3.5);
    }
    assertThat(heard.unusable).containsExactly(0L, 0L, 0L);
  }

  @Test
  void staysAtTheLastEpochUntilTheOthersHaveIt() throws InterruptedException {
    swarm.looksUntilOthersArrive = 3;
    loop(1).run();
    assertThat(swarm.waits).hasSize(3);
    assertThat(swarm.reports.getLast().epoch()).isEqualTo(1);
    assertThat(swarm.farewells).hasSize(1);
  }

  @Test
  void staysNotForEverForThoseWhoDoNotArrive() throws InterruptedException {
    swarm.looksUntilOthersArrive = Integer.MAX_VALUE;
    loop(1).run();
    assertThat(swarm.waits.stream().reduce(Duration.ZERO, Duration::plus))
        .isEqualTo(Duration.ofSeconds(30));
    assertThat(swarm.farewells).hasSize(1);
  }

  @Test
  void waitsForNobodyWhenItIsStopped() throws InterruptedException {
    swarm.looksUntilOthersArrive = Integer.MAX_VALUE;
    TrainingLoop loop = loop(0);
    heard.afterMicroBatch = loop::stop;
    loop.run();
    assertThat(swarm.waits).isEmpty();
  }

  @Test
  void beginsOnlyWhenEnoughAreThere() throws InterruptedException {
    swarm.duringWaits =
        () -> {
          if (swarm.waits.size() == 4) {
            swarm.peers = 3;
          }
        };
    TrainingPlan plan = new TrainingPlan(8, 4, 1, DRAWER, 3);
    new TrainingLoop(trainer, swarm, plan, heard, clock).run();
    assertThat(swarm.waits).hasSize(4);
    assertThat(trainer.draws).hasSize(2);
  }

  @Test
  void goesOnWithFewerThanItBeganWith() throws InterruptedException {
    trainer.restore(FakeTrainer.stateAt(1));
    TrainingPlan plan = new TrainingPlan(8, 4, 2, DRAWER, 3);
    new TrainingLoop(trainer, swarm, plan, heard, clock).run();
    assertThat(swarm.waits).isEmpty();
    assertThat(trainer.applied).hasSize(1);
  }

  @Test
  void comesWhenItsRoundCalls() throws InterruptedException {
    heard.afterMicroBatch = () -> swarm.called = true;
    loop(1).run();
    assertThat(swarm.brought).containsExactly(new FakeSwarm.Brought(0, 4, 1));
  }

  @Test
  void beginsNoMicroBatchThatTheOthersWouldWaitFor() throws InterruptedException {
    swarm.covered = true;
    swarm.duringWaits = () -> swarm.covered = swarm.waits.size() < 3;
    loop(1).run();
    assertThat(swarm.waits).hasSize(3);
    assertThat(swarm.reports)
        .extracting(Swarm.OwnProgress::activity)
        .contains(Swarm.Activity.WAITING);
    assertThat(trainer.draws).hasSize(2);
  }

  @Test
  void finishesWithTheStepAtHandAndSaysSoBefore() throws InterruptedException {
    TrainingLoop loop = loop(0);
    heard.afterMicroBatch = loop::finish;
    loop.run();
    assertThat(trainer.applied).hasSize(1);
    assertThat(swarm.brought).containsExactly(new FakeSwarm.Brought(0, 8, 1));
    assertThat(swarm.reports).anyMatch(own -> own.epoch() == 0 && own.lastEpoch() == 1);
    assertThat(swarm.farewells.getFirst().epoch()).isEqualTo(1);
  }

  @Test
  void finishesWithTheOthersWhenTheyHaveNamedALaterEpoch() throws InterruptedException {
    TrainingLoop loop = loop(0);
    swarm.lastEpochOfOthers = 2;
    heard.afterMicroBatch = loop::finish;
    loop.run();
    assertThat(swarm.farewells.getFirst().epoch()).isEqualTo(2);
  }

  @Test
  void staysAtTheEpochItNamedUntilTheOthersHaveIt() throws InterruptedException {
    TrainingLoop loop = loop(0);
    swarm.looksUntilOthersArrive = 3;
    heard.afterMicroBatch = loop::finish;
    loop.run();
    assertThat(swarm.looksUntilOthersArrive).isNegative();
    assertThat(swarm.farewells.getFirst().epoch()).isEqualTo(1);
  }

  @Test
  void withdrawsFromItsRoundWhenStopped() throws InterruptedException {
    TrainingLoop loop = loop(0);
    assertThat(swarm.withdrawn).isFalse();
    loop.stop();
    assertThat(swarm.withdrawn).isTrue();
    loop.run();
    assertThat(trainer.draws).isEmpty();
    assertThat(swarm.farewells).hasSize(1);
  }

  @Test
  void stopsAfterTheMicroBatchAtHand() throws InterruptedException {
    TrainingLoop loop = loop(0);
    heard.afterMicroBatch = loop::stop;
    loop.run();
    assertThat(trainer.draws).hasSize(1);
    assertThat(swarm.brought).isEmpty();
    assertThat(swarm.farewells).hasSize(1);
    assertThat(swarm.farewells.getFirst().samples()).isEqualTo(4);
  }

  @Test
  void appliesTheRoundInWhichItWasStopped() throws InterruptedException {
    TrainingLoop loop = loop(0);
    swarm.duringRounds = loop::stop;
    loop.run();
    assertThat(trainer.applied).containsExactly(1f);
    assertThat(swarm.farewells.getFirst().epoch()).isEqualTo(1);
  }

  @Test
  void tellsTheOthersWhatItIsBusyWith() throws InterruptedException {
    loop(1).run();
    assertThat(swarm.reports)
        .extracting(Swarm.OwnProgress::activity)
        .contains(Swarm.Activity.TRAINING, Swarm.Activity.AVERAGING);
    assertThat(swarm.farewells.getFirst().samplesPerSecond()).isEqualTo(4);
    assertThat(swarm.farewells.getFirst().samplesTotal()).isEqualTo(8);
  }
}
