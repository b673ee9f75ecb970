package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalDouble;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.codec.VectorMath;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.state.Step;
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
 *
 * <p>Whoever has reached the last epoch, the run's or its own, stays until the others have it, too:
 * a peer that missed the last round would find nobody to catch up with, and end at other parameters
 * than everybody else.
 */
public final class TrainingLoop {
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

  /** Without news the view still changes, because time passes. */
  private static final Duration WAIT_LIMIT = Duration.ofMillis(50);

  /** Enough to download a model; who needs longer than that goes on alone. */
  private static final Duration STRAGGLERS_LIMIT = Duration.ofSeconds(30);

  /** How often a peer that is banned looks whether it still is: the others may have changed. */
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(2);

  /** Held-out samples by which two models are compared. */
  private static final int JUDGED_SAMPLES = 32;

  private final Trainer trainer;
  private final Swarm swarm;
  private final TrainingPlan plan;
  private final TrainingListener listener;
  private final InstantSource clock;
  private final TrainingTally tally = new TrainingTally();
  private final Auditor auditor;

  /** At the beginning of the epoch, as offered to others. */
  private TrainerState state;

  private Instant epochBegan;
  private long drawsThisEpoch;
  private double lossSum;
  private double lossBefore = Double.NaN;
  private double samplesPerSecond;
  private String digest;
  private Swarm.Activity activity = Swarm.Activity.TRAINING;
  private long lastEpoch;
  private boolean misled;
  private volatile boolean stopping;
  private volatile boolean finishing;

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
    state = trainer.state();
    auditor = new Auditor(trainer, plan);
  }

  /** Trains until {@link #stop}, the last epoch, or an interrupt. */
  public void run() throws InterruptedException {
    swarm.offer(state, digest);
    while (!stopping && !plan.completeAt(trainer.epoch())) {
      Swarm.SwarmView view = report(activity);
      if (finishedAt(view)) {
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
    if (!stopping && (plan.completeAt(trainer.epoch()) || lastEpoch > 0)) {
      awaitStragglers();
    }
    swarm.leave(progress(Swarm.Activity.TRAINING));
  }

  private void awaitStragglers() throws InterruptedException {
    Swarm.SwarmView _ = report(Swarm.Activity.TRAINING);
    Instant limit = clock.instant().plus(STRAGGLERS_LIMIT);
    while (!stopping && swarm.othersBehind(trainer.epoch()) && clock.instant().isBefore(limit)) {
      swarm.awaitChange(BETWEEN_ATTEMPTS);
    }
  }

  /**
   * Asks {@link #run} to return after the micro-batch at hand, or the exchange if one has begun; a
   * round that has not is given up. From any thread.
   */
  public void stop() {
    stopping = true;
    swarm.withdraw();
  }

  /**
   * Asks {@link #run} to return after the next step, so that peers that are asked at about the same
   * time end at one epoch. From any thread.
   */
  public void finish() {
    finishing = true;
  }

  /** Whoever is asked first names the epoch; the others leave with it if they still can. */
  private boolean finishedAt(Swarm.SwarmView view) {
    if (finishing && lastEpoch == 0) {
      long named = view.lastEpoch();
      lastEpoch = named > 0 && named >= trainer.epoch() ? named : trainer.epoch() + 1;
      Swarm.SwarmView _ = report(activity);
    }
    return lastEpoch > 0 && trainer.epoch() >= lastEpoch;
  }

  private void await() throws InterruptedException {
    if (activity != Swarm.Activity.WAITING) {
      Swarm.SwarmView _ = report(Swarm.Activity.WAITING);
    }
    swarm.awaitChange(WAIT_LIMIT);
  }

  public TrainingTally tally() {
    return tally;
  }

  private void train(Swarm.SwarmView view) {
    if (activity != Swarm.Activity.TRAINING) {
      Swarm.SwarmView _ = report(Swarm.Activity.TRAINING);
    }
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
    if (!finite(gradients)) {
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
        TrainerState before = state;
        step(usable(averaged), samples);
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
        auditor.similarity(audit, before, state, () -> !stopping && !wanted(swarm.report(here)));
    similarity.ifPresent(
        value -> {
          swarm.audited(audit, value);
          listener.audited(audit, value);
        });
  }

  private boolean wanted(Swarm.SwarmView view) {
    return view.behind() || view.called() || view.samples() >= plan.targetBatch();
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
    return VectorMath.allFinite(values, 0, values.byteSize() / Float.BYTES);
  }

  private void step(MemorySegment average, long samples) {
    double loss = samples == 0 ? Double.NaN : lossSum / samples;
    if (samples > 0) {
      tally.loss(loss);
      lossBefore = loss;
    }
    advance(average);
    Instant now = clock.instant();
    Duration took = Duration.between(epochBegan, now);
    epochBegan = now;
    listener.stepped(trainer, loss, samples, took);
  }

  /**
   * A missed step is a sixth of a state, and the only way to come to where the others are when they
   * take one more during every download of a state.
   *
   * <p>What only few claim to have is taken only where it is no worse than what is here. Otherwise
   * a single peer could lead everybody to a model of its making.
   */
  private void catchUp(boolean contested) throws InterruptedException {
    Optional<Barred> barred = swarm.barred();
    if (barred.isPresent()) {
      sitOut(barred.get());
      return;
    }
    report(Swarm.Activity.DOWNLOADING);
    double loss = contested ? trainer.evaluate(JUDGED_SAMPLES) : Double.NaN;
    Optional<Step> step = misled ? Optional.empty() : swarm.missed(trainer.epoch(), digest);
    if (step.isPresent()) {
      follow(step.get(), loss);
    } else {
      download(loss);
    }
    activity = Swarm.Activity.TRAINING;
  }

  /**
   * Waits for the end of a ban. Nobody would take what this peer computes meanwhile, nor can it
   * come to where the others are; what they say is not answered, either, for there is nothing to
   * tell them.
   */
  private void sitOut(Barred barred) throws InterruptedException {
    if (activity != Swarm.Activity.BANNED) {
      Swarm.SwarmView _ = report(Swarm.Activity.BANNED);
    }
    listener.barred(barred);
    Instant until = clock.instant().plus(BETWEEN_LOOKS);
    if (barred.until().isBefore(until)) {
      until = barred.until();
    }
    for (Instant now = clock.instant(); now.isBefore(until) && !stopping; now = clock.instant()) {
      swarm.awaitChange(Duration.between(now, until));
    }
  }

  private void follow(Step step, double loss) throws InterruptedException {
    TrainerState before = state;
    trainer.apply(step.average());
    if (!trainer.parameterDigest().equals(step.to())) {
      // Whoever gave it lied, or computes otherwise than this machine. A state tells.
      trainer.restore(before);
      misled = true;
      refused("the step from epoch %d does not lead where it should".formatted(step.epoch()));
    } else if (isNoWorseThan(loss)) {
      swarm.judged(true);
      swarm.passed(step);
      beginEpoch(step.to());
      epochBegan = clock.instant();
      listener.followed(trainer.epoch());
    } else {
      turnDown(before);
    }
  }

  private void download(double loss) throws InterruptedException {
    Optional<TrainerState> downloaded = swarm.download(trainer.epoch());
    if (downloaded.isEmpty()) {
      swarm.awaitChange(BETWEEN_ATTEMPTS);
      return;
    }
    TrainerState before = state;
    try {
      trainer.restore(downloaded.get());
    } catch (IllegalArgumentException e) {
      swarm.judged(false);
      refused(String.valueOf(e.getMessage()));
      return;
    }
    if (isNoWorseThan(loss)) {
      swarm.judged(true);
      misled = false;
      beginEpoch(trainer.parameterDigest());
      epochBegan = clock.instant();
      listener.caughtUp(trainer.epoch());
    } else {
      turnDown(before);
    }
  }

  /** Whether the model is none worse than one of {@code loss}, which is NaN where none is asked. */
  private boolean isNoWorseThan(double loss) {
    return Double.isNaN(loss) || trainer.evaluate(JUDGED_SAMPLES) <= loss;
  }

  private void turnDown(TrainerState before) throws InterruptedException {
    long claimed = trainer.epoch();
    trainer.restore(before);
    swarm.judged(false);
    refused("a few peers claim to be at epoch %d, with a worse model".formatted(claimed));
  }

  private void refused(String reason) throws InterruptedException {
    listener.refused(reason);
    swarm.awaitChange(BETWEEN_ATTEMPTS);
  }

  /** Takes the optimizer's step. */
  private void advance(MemorySegment average) {
    long epoch = trainer.epoch();
    trainer.apply(average);
    String reached = trainer.parameterDigest();
    swarm.passed(new Step(epoch, digest, reached, average));
    beginEpoch(reached);
  }

  private void beginEpoch(String reached) {
    lossSum = 0;
    drawsThisEpoch = 0;
    digest = reached;
    state = trainer.state();
    swarm.offer(state, digest);
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
        digest,
        now,
        lastEpoch);
  }
}
