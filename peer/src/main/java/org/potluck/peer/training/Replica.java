package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.codec.VectorMath;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.state.Step;
import org.potluck.trainer.Model;
import org.potluck.trainer.TrainerState;

/** This peer's copy of the model: its steps, what others can have of it, and its way to them. */
final class Replica {
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

  /** How often a peer that is banned looks whether it still is: the others may have changed. */
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(2);

  private final Model model;
  private final Swarm swarm;
  private final TrainingListener listener;
  private final Owner owner;

  /** At the beginning of the epoch, as offered to others. */
  private TrainerState state;

  private String digest;
  private boolean misled;

  /**
   * Whose copy it is.
   *
   * @param loss of the model on held-out text, by which two models are compared; NaN where there is
   *     no text
   * @param busy hears what the peer is busy with
   */
  record Owner(
      InstantSource clock,
      DoubleSupplier loss,
      Consumer<Swarm.Activity> busy,
      BooleanSupplier stopping) {}

  Replica(Model model, Swarm swarm, TrainingListener listener, Owner owner) {
    this.model = model;
    this.swarm = swarm;
    this.listener = listener;
    this.owner = owner;
    digest = model.parameterDigest();
    state = model.state();
  }

  /** At the beginning of the epoch. */
  TrainerState state() {
    return state;
  }

  /** Of the parameters at the beginning of the epoch. */
  String digest() {
    return digest;
  }

  /** Others can have it from now on. */
  void offer() {
    swarm.offer(state, digest);
  }

  /** Takes the optimizer's step. */
  void advance(RoundOutcome.Averaged averaged) {
    MemorySegment average = usable(averaged);
    long epoch = model.epoch();
    model.apply(average);
    String reached = model.parameterDigest();
    swarm.passed(new Step(epoch, digest, reached, average));
    begin(reached);
  }

  /**
   * An average of nothing, or one that a narrow codec could not hold, teaches nothing. All members
   * hold the very same bits, so all of them take this step with zeros, and the run goes on.
   */
  private static MemorySegment usable(RoundOutcome.Averaged averaged) {
    MemorySegment average = averaged.average();
    long length = average.byteSize() / Float.BYTES;
    return averaged.weight() > 0 && VectorMath.allFinite(average, 0, length)
        ? average
        : MemorySegment.ofArray(new float[Math.toIntExact(length)]);
  }

  private void begin(String reached) {
    digest = reached;
    state = model.state();
    offer();
  }

  /**
   * Comes nearer to where the others are. A missed step is a sixth of a state, and the only way to
   * come there when they take one more during every download of a state.
   *
   * <p>What only few claim to have is taken only where it is no worse than what is here. Otherwise
   * a single peer could lead everybody to a model of its making.
   *
   * @return whether the model is another now
   */
  boolean catchUp(boolean contested) throws InterruptedException {
    Optional<Barred> barred = swarm.barred();
    if (barred.isPresent()) {
      sitOut(barred.get());
      return false;
    }
    owner.busy().accept(Swarm.Activity.DOWNLOADING);
    double loss = contested ? owner.loss().getAsDouble() : Double.NaN;
    Optional<Step> step = misled ? Optional.empty() : swarm.missed(model.epoch(), digest);
    return step.isPresent() ? follow(step.get(), loss) : download(loss);
  }

  /**
   * Waits for the end of a ban. Nobody would take what this peer computes meanwhile, nor can it
   * come to where the others are; what they say is not answered, either, for there is nothing to
   * tell them.
   */
  private void sitOut(Barred barred) throws InterruptedException {
    owner.busy().accept(Swarm.Activity.BANNED);
    listener.barred(barred);
    InstantSource clock = owner.clock();
    Instant until = clock.instant().plus(BETWEEN_LOOKS);
    if (barred.until().isBefore(until)) {
      until = barred.until();
    }
    for (Instant now = clock.instant();
        now.isBefore(until) && !owner.stopping().getAsBoolean();
        now = clock.instant()) {
      swarm.awaitChange(Duration.between(now, until));
    }
  }

  private boolean follow(Step step, double loss) throws InterruptedException {
    TrainerState before = state;
    model.apply(step.average());
    if (!model.parameterDigest().equals(step.to())) {
      // Whoever gave it lied, or computes otherwise than this machine. A state tells.
      model.restore(before);
      misled = true;
      refused("the step from epoch %d does not lead where it should".formatted(step.epoch()));
      return false;
    }
    if (!isNoWorseThan(loss)) {
      turnDown(before);
      return false;
    }
    swarm.judged(true);
    swarm.passed(step);
    begin(step.to());
    listener.followed(model);
    return true;
  }

  private boolean download(double loss) throws InterruptedException {
    Optional<TrainerState> downloaded = swarm.download(model.epoch());
    if (downloaded.isEmpty()) {
      swarm.awaitChange(BETWEEN_ATTEMPTS);
      return false;
    }
    TrainerState before = state;
    try {
      model.restore(downloaded.get());
    } catch (IllegalArgumentException e) {
      swarm.judged(false);
      refused(String.valueOf(e.getMessage()));
      return false;
    }
    if (!isNoWorseThan(loss)) {
      turnDown(before);
      return false;
    }
    swarm.judged(true);
    misled = false;
    begin(model.parameterDigest());
    listener.caughtUp(model.epoch());
    return true;
  }

  /** Whether the model is none worse than one of {@code loss}, which is NaN where none is asked. */
  private boolean isNoWorseThan(double loss) {
    return Double.isNaN(loss) || owner.loss().getAsDouble() <= loss;
  }

  private void turnDown(TrainerState before) throws InterruptedException {
    long claimed = model.epoch();
    model.restore(before);
    swarm.judged(false);
    refused("a few peers claim to be at epoch %d, with a worse model".formatted(claimed));
  }

  private void refused(String reason) throws InterruptedException {
    listener.refused(reason);
    swarm.awaitChange(BETWEEN_ATTEMPTS);
  }
}
