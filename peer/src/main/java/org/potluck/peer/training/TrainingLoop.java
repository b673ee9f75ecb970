package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalDouble;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.codec.VectorMath;
import org.potluck.averaging.trust.Audit;
import org.potluck.trainer.Microbatch;
import org.potluck.trainer.Trainer;
import org.potluck.trainer.TrainerState;

/**
 * {@code gradient} mode: accumulate until the swarm has its target batch, average, take one
 * identical step.
 *
 * <p>What was accumulated survives a failed round: it is offered again in the next attempt. It is
 * forgotten only when the others have moved on, because then it belongs to parameters that no
 * longer exist.
 */
public final class TrainingLoop implements RunLoop {
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

  /** Without news the view still changes, because time passes. */
  private static final Duration WAIT_LIMIT = Duration.ofMillis(50);

  /** Held-out samples by which two models are compared. */
  private static final int JUDGED_SAMPLES = 32;

  private final Trainer trainer;
  private final Swarm swarm;
  private final TrainingPlan plan;
  private final TrainingListener listener;
  private final InstantSource clock;
  private final TrainingTally tally = new TrainingTally();
  private final Auditor auditor;

  private final Departure departure;
  private final Replica replica;
  private Instant epochBegan;
  private long drawsThisEpoch;
  private double lossSum;
  private double lossBefore = Double.NaN;
  private double samplesPerSecond;
  private Swarm.Activity activity = Swarm.Activity.TRAINING;

  public TrainingLoop(
      Trainer trainer,
      Swarm swarm,
      TrainingPlan plan,
      TrainingListener listener,
      InstantSource clock) {
    this.trainer = trainer;
    this.swarm = swarm;
    this.plan = plan;
    this.listener = listener;
    this.clock = clock;
    epochBegan = clock.instant();
    auditor = new Auditor(trainer, plan);
    departure = new Departure(swarm, plan, clock);
    replica =
        new Replica(
            trainer,
            swarm,
            listener,
            new Replica.Owner(
                clock, () -> trainer.evaluate(JUDGED_SAMPLES), this::become, departure::stopping));
  }

  @Override
  public void run() throws InterruptedException {
    replica.offer();
    while (!departure.over(trainer.epoch())) {
      Swarm.SwarmView view = report(activity);
      if (departure.reached(trainer.epoch(), view, () -> report(activity))) {
        break;
      }
      if (view.behind()) {
        catchUp(view.contested());
      } else if (plan.waitsAt(trainer.epoch(), view.peers())) {
        listener.waiting(view.peers(), plan.beginWith());
        await();
      } else if (view.samples() >= plan.targetBatch() || view.called()) {
        average();
      } else if (view.covered()) {
        await();
      } else {
        train(view);
      }
    }
    departure.awaitStragglers(trainer.epoch(), () -> report(Swarm.Activity.TRAINING));
    swarm.leave(progress(Swarm.Activity.TRAINING));
  }

  @Override
  public void stop() {
    departure.stop();
  }

  @Override
  public void finish() {
    departure.finish();
  }

  private void await() throws InterruptedException {
    become(Swarm.Activity.WAITING);
    swarm.awaitChange(WAIT_LIMIT);
  }

  @Override
  public TrainingTally tally() {
    return tally;
  }

  private void train(Swarm.SwarmView view) {
    become(Swarm.Activity.TRAINING);
    Microbatch batch =
        trainer.accumulate(
            Draws.of(plan.drawer(), trainer.epoch(), drawsThisEpoch++, plan.microBatch()));
    lossSum += batch.meanLoss() * batch.samples();
    tally.trained(batch.samples(), batch.took());
    double rate = batch.samples() / Math.max(1e-9, batch.took().toNanos() / 1e9);
    samplesPerSecond = samplesPerSecond == 0 ? rate : 0.8 * samplesPerSecond + 0.2 * rate;
    listener.trained(progress(Swarm.Activity.TRAINING), view);
  }

  private void average() throws InterruptedException {
    report(Swarm.Activity.AVERAGING);
    long epoch = trainer.epoch();
    long samples = trainer.accumulatedSamples();
    MemorySegment gradients = trainer.gradients();
    if (!VectorMath.allFinite(gradients, 0, trainer.parameterCount())) {
      // Nobody would accept it. The others go on, and this peer catches up with them.
      trainer.discard();
      lossSum = 0;
      activity = Swarm.Activity.TRAINING;
      listener.unusable(epoch);
      return;
    }
    Instant began = clock.instant();
    RoundOutcome outcome = swarm.average(epoch, gradients, samples);
    activity = Swarm.Activity.TRAINING;
    Duration took = Duration.between(began, clock.instant());
    listener.settled(epoch, outcome);
    switch (outcome) {
      case RoundOutcome.Averaged averaged -> {
        tally.averaged(took);
        Optional<Audit> audit = swarm.audit();
        TrainerState before = replica.state();
        step(averaged, samples);
        audit.ifPresent(each -> audit(each, before));
      }
      case RoundOutcome.Abandoned _ -> {
        tally.failed(took);
        swarm.awaitChange(BETWEEN_ATTEMPTS);
      }
    }
  }

  /**
   * Begins the epoch with somebody else's work. The others do not wait for that: when the round
   * calls, the audit is given up.
   */
  private void audit(Audit audit, TrainerState before) {
    if (plan.completeAt(trainer.epoch())) {
      return;
    }
    Swarm.OwnProgress here = progress(Swarm.Activity.AUDITING);
    OptionalDouble similarity =
        auditor.similarity(
            audit,
            before,
            replica.state(),
            () -> !departure.stopping() && !wanted(swarm.report(here)));
    similarity.ifPresent(
        value -> {
          swarm.audited(audit, value);
          listener.audited(audit, value);
        });
  }

  private boolean wanted(Swarm.SwarmView view) {
    return view.behind() || view.called() || view.samples() >= plan.targetBatch();
  }

  private void step(RoundOutcome.Averaged averaged, long samples) {
    double loss = samples == 0 ? Double.NaN : lossSum / samples;
    if (samples > 0) {
      tally.loss(loss);
      lossBefore = loss;
    }
    replica.advance(averaged);
    beginEpoch();
    Instant now = clock.instant();
    Duration took = Duration.between(epochBegan, now);
    epochBegan = now;
    listener.stepped(trainer, loss, samples, took);
  }

  private void catchUp(boolean contested) throws InterruptedException {
    if (replica.catchUp(contested)) {
      beginEpoch();
      epochBegan = clock.instant();
    }
    if (trainer.accumulatedSamples() == 0) {
      lossSum = 0;
    }
    if (activity == Swarm.Activity.DOWNLOADING) {
      activity = Swarm.Activity.TRAINING;
    }
  }

  private void beginEpoch() {
    lossSum = 0;
    drawsThisEpoch = 0;
  }

  private void become(Swarm.Activity now) {
    if (activity != now) {
      Swarm.SwarmView _ = report(now);
    }
  }

  private Swarm.SwarmView report(Swarm.Activity now) {
    activity = now;
    return swarm.report(progress(now));
  }

  private Swarm.OwnProgress progress(Swarm.Activity now) {
    return new Swarm.OwnProgress(
        trainer.epoch(),
        trainer.accumulatedSamples(),
        tally.samples(),
        samplesPerSecond,
        lossBefore,
        replica.digest(),
        now,
        departure.lastEpoch());
  }
}
