package org.potluck.peer.training;

import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import org.potluck.averaging.trust.Audit;
import org.potluck.trainer.Trainer;
import org.potluck.trainer.TrainerState;

/** Computes again what another peer claims to have computed. */
final class Auditor {
  private final Trainer trainer;
  private final TrainingPlan plan;

  Auditor(Trainer trainer, TrainingPlan plan) {
    this.trainer = trainer;
    this.plan = plan;
  }

  /**
   * How much the contribution resembles the gradient of its samples. The trainer is afterwards what
   * {@code after} says, with nothing accumulated.
   *
   * @param before the state that the contribution was computed from
   * @param goesOn asked before each micro-batch; the audit is given up when it says no
   * @return see {@link Audit#similarity}; empty when it was given up
   */
  OptionalDouble similarity(
      Audit audit, TrainerState before, TrainerState after, BooleanSupplier goesOn) {
    long drawer = Draws.drawer(audit.peer());
    trainer.restore(before);
    try {
      for (long index = 0; trainer.accumulatedSamples() < audit.samples(); index++) {
        if (!goesOn.getAsBoolean()) {
          return OptionalDouble.empty();
        }
        trainer.accumulate(Draws.of(drawer, before.epoch(), index, plan.microBatch()));
      }
      return OptionalDouble.of(audit.similarity(trainer.gradients()));
    } finally {
      trainer.restore(after);
    }
  }
}
