package org.potluck.trainer.optimizer;

/**
 * The settings of {@link AdamW}.
 *
 * @param rate the learning rate over the epochs
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 * @param weightDecay decoupled decay of matrices per step, times the rate
 * @param clip largest global norm of a gradient
 */
public record AdamWConfig(
    LearningRate rate,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double clip) {
  public AdamWConfig {
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
      throw new IllegalArgumentException("optimizer betas must be in [0, 1)");
    }
    if (!(epsilon > 0 && weightDecay >= 0 && clip > 0)) {
      throw new IllegalArgumentException(
          "optimizer epsilon and clip must be positive, weight decay not negative");
    }
  }

  /** The usual settings for language models: betas 0.9 and 0.95, decay 0.1, clipped at 1. */
  public static AdamWConfig of(LearningRate rate) {
    return new AdamWConfig(rate, 0.9, 0.95, 1e-8, 0.1, 1.0);
  }
}
