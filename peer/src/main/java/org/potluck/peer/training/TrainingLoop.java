package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.potluck.averaging.RoundOutcome;
import org.potluck.trainer.Microbatch;
import org.potluck.trainer.SampleDraw;
import org.potluck.trainer.Trainer;

/**
 * {@code gradient} mode: accumulate until the swarm has its target batch, average, take one
 * identical step.
 *
 * <p>What was accumulated survives a failed round: it is offered again in the next attempt. It is
 * forgotten only when the others have moved on, because then it belongs to parameters that no
 * longer exist.
 *
 * <p>Whoever has reached the last epoch stays until the others have it, too: a peer that missed the
 * last round would find nobody to catch up with, and end at other parameters than everybody else.
 */
public final class TrainingLoop {
  /** Micro-batches per epoch and peer never reach this, so that draws of epochs do not overlap. */
  private static final long DRAWS_PER_EPOCH = 1L << 20;

  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

  /** Enough to download a model; who needs longer than that goes on alone. */
  private static final Duration STRAGGLERS_LIMIT = Duration.ofSeconds(30);

  private final Trainer trainer;
  private final Swarm swarm;
  private final TrainingPlan plan;
  private final TrainingListener listener;
  private final InstantSource clock;
  private final TrainingTally tally = new TrainingTally();

  private Instant epochBegan;
  private long drawsThisEpoch;
  private double lossSum;
  private double lossBefore = Double.NaN;
  private double samplesPerSecond;
  private String digest;
  private volatile boolean stopping;

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
    digest = trainer.parameterDigest();
  }

  /** Trains until {@link #stop}, the last epoch, or an interrupt. */
  public void run() throws InterruptedException {
    swarm.offer(trainer.state(), digest);
    while (!stopping && !plan.completeAt(trainer.epoch())) {
      Swarm.SwarmView view = report(Swarm.Activity.TRAINING);
      if (view.epoch() > trainer.epoch()) {
        catchUp();
      } else if (view.samples() >= plan.targetBatch()) {
        average();
      } else {
        train(view);
      }
    }
    awaitStragglers();
    swarm.leave(progress(Swarm.Activity.TRAINING));
  }

  private void awaitStragglers() throws InterruptedException {
    Swarm.SwarmView _ = report(Swarm.Activity.TRAINING);
    Instant limit = clock.instant().plus(STRAGGLERS_LIMIT);
    while (!stopping && swarm.othersBehind(trainer.epoch()) && clock.instant().isBefore(limit)) {
      swarm.awaitChange(BETWEEN_ATTEMPTS);
    }
  }

  /** Asks {@link #run} to return after the micro-batch or round at hand. From any thread. */
  public void stop() {
    stopping = true;
  }

  public TrainingTally tally() {
    return tally;
  }

  private void train(Swarm.SwarmView view) {
    long step = Math.addExact(trainer.epoch() * DRAWS_PER_EPOCH, drawsThisEpoch++);
    Microbatch batch = trainer.accumulate(new SampleDraw(plan.drawer(), step, plan.microBatch()));
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
    if (!finite(gradients)) {
      // Nobody would accept it. The others go on, and this peer catches up with them.
      trainer.discard();
      lossSum = 0;
      listener.unusable(epoch);
      return;
    }
    Instant began = clock.instant();
    RoundOutcome outcome = swarm.average(epoch, gradients, samples);
    Duration took = Duration.between(began, clock.instant());
    listener.settled(epoch, outcome);
    switch (outcome) {
      case RoundOutcome.Averaged averaged -> {
        tally.averaged(took);
        step(usable(averaged), samples);
      }
      case RoundOutcome.Abandoned _ -> {
        tally.failed(took);
        swarm.awaitChange(BETWEEN_ATTEMPTS);
      }
    }
  }

  /**
   * An average of nothing, or one that a narrow codec could not hold, teaches nothing. All members
   * hold the very same bits, so all of them take this step with zeros, and the run goes on.
   */
  private static MemorySegment usable(RoundOutcome.Averaged averaged) {
    MemorySegment average = averaged.average();
    return averaged.weight() > 0 && finite(average)
        ? average
        : MemorySegment.ofArray(new float[Math.toIntExact(average.byteSize() / Float.BYTES)]);
  }

  private static boolean finite(MemorySegment values) {
    boolean finite = true;
    for (long at = 0; at < values.byteSize(); at += Float.BYTES) {
      finite &= Float.isFinite(values.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at));
    }
    return finite;
  }

  private void step(MemorySegment average, long samples) {
    trainer.apply(average);
    double loss = samples == 0 ? Double.NaN : lossSum / samples;
    if (samples > 0) {
      tally.loss(loss);
      lossBefore = loss;
    }
    beginEpoch();
    Instant now = clock.instant();
    Duration took = Duration.between(epochBegan, now);
    epochBegan = now;
    listener.stepped(trainer, loss, samples, took);
  }

  private void catchUp() throws InterruptedException {
    report(Swarm.Activity.DOWNLOADING);
    var state = swarm.download(trainer.epoch());
    if (state.isEmpty()) {
      swarm.awaitChange(BETWEEN_ATTEMPTS);
      return;
    }
    try {
      trainer.restore(state.get());
    } catch (IllegalArgumentException e) {
      listener.refused(String.valueOf(e.getMessage()));
      swarm.awaitChange(BETWEEN_ATTEMPTS);
      return;
    }
    beginEpoch();
    epochBegan = clock.instant();
    listener.caughtUp(trainer.epoch());
  }

  private void beginEpoch() {
    lossSum = 0;
    drawsThisEpoch = 0;
    digest = trainer.parameterDigest();
    swarm.offer(trainer.state(), digest);
  }

  private Swarm.SwarmView report(Swarm.Activity activity) {
    return swarm.report(progress(activity));
  }

  private Swarm.OwnProgress progress(Swarm.Activity activity) {
    return new Swarm.OwnProgress(
        trainer.epoch(),
        trainer.accumulatedSamples(),
        tally.samples(),
        samplesPerSecond,
        lossBefore,
        digest,
        activity);
  }
}
