package org.potluck.peer.run;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.RoundOutcome;
import org.potluck.network.PeerId;
import org.potluck.peer.training.Swarm;
import org.potluck.peer.training.TrainingListener;
import org.potluck.trainer.Model;
import org.potluck.trainer.Trainer;

/** What one peer did in each epoch. Written by its training thread, read after that has ended. */
final class Diary implements TrainingListener {
  private static final int HELD_OUT_SAMPLES = 8;

  /**
   * One epoch, as ended by a step.
   *
   * @param loss mean over this peer's samples
   * @param heldOut loss after the step
   * @param digest of the parameters after the step
   */
  record Step(RoundOutcome.Averaged round, double loss, double heldOut, String digest) {}

  final PeerId peer;
  final long drawer;

  /**
   * How many samples were brought to the rounds of each epoch. What came to nothing for this peer
   * may be in the average of the others, and then it has trained on before it heard of that.
   */
  final Map<Long, Set<Long>> brought = new TreeMap<>();

  final Map<Long, Step> steps = new TreeMap<>();
  private long samples;
  private RoundOutcome.@Nullable Averaged round;

  Diary(PeerId peer, long drawer) {
    this.peer = peer;
    this.drawer = drawer;
  }

  @Override
  public void trained(Swarm.OwnProgress progress, Swarm.SwarmView view) {
    samples = progress.samples();
  }

  @Override
  public void settled(long epoch, RoundOutcome outcome) {
    brought.computeIfAbsent(epoch, _ -> new TreeSet<>()).add(samples);
    round = outcome instanceof RoundOutcome.Averaged averaged ? averaged : null;
  }

  @Override
  public void stepped(Model model, double loss, long count, Duration took) {
    if (round == null || count != samples) {
      throw new AssertionError(
          "a step with %d samples after %s with %d".formatted(count, round, samples));
    }
    steps.put(
        model.epoch() - 1,
        new Step(round, loss, heldOut((Trainer) model), model.parameterDigest()));
    samples = 0;
  }

  @Override
  public void caughtUp(long epoch) {
    samples = 0;
  }

  /** The loss that {@link Step#heldOut} is of. */
  static double heldOut(Trainer trainer) {
    return trainer.evaluate(HELD_OUT_SAMPLES);
  }
}
