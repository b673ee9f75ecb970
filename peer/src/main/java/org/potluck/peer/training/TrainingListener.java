package org.potluck.peer.training;

import java.time.Duration;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.trust.Audit;
import org.potluck.trainer.Model;

/** Hears what the training thread does, on that thread. */
public interface TrainingListener {
  /** The first epoch waits until {@code needed} trainers are there. */
  default void waiting(int here, int needed) {}

  /** A micro-batch was added to what is accumulated. */
  default void trained(Swarm.OwnProgress progress, Swarm.SwarmView view) {}

  /** A peer that computes nothing is where the swarm is, and waits for the next step. */
  default void following(Swarm.OwnProgress progress, Swarm.SwarmView view) {}

  /** What was accumulated held values that are no numbers, and was forgotten. */
  default void unusable(long epoch) {}

  /** A round has ended, one way or the other. */
  default void settled(long epoch, RoundOutcome outcome) {}

  /**
   * One optimizer step was taken; {@code model.epoch()} is the new epoch.
   *
   * @param loss mean of this peer's samples of the epoch, NaN when it had none
   * @param took since the step before
   */
  default void stepped(Model model, double loss, long samples, Duration took) {}

  /** Another's contribution was computed again; see {@link Audit#similarity}. */
  default void audited(Audit audit, double similarity) {}

  /** A state was downloaded, because the others were ahead. */
  default void caughtUp(long epoch) {}

  /**
   * The step to {@code model.epoch()} was missed, and taken with the average that the others had.
   */
  default void followed(Model model) {}

  /** The others are ahead and give nothing, because they have banned this peer. */
  default void barred(Barred barred) {}

  /**
   * What was downloaded cannot be a state of this model, or no step from here; nothing was changed,
   * and it is tried again.
   */
  default void refused(String reason) {}
}
