package org.potluck.trainer;

import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/**
 * What a trainer trains, and with what.
 *
 * @param model the network's shape; the same for all peers of a run
 * @param optimizer the optimizer's settings; the same for all peers of a run
 * @param seed decides the first parameters and the samples; the same for all peers of a run
 * @param threads processor threads for PyTorch, counted for the whole process; each peer's own
 * @param device where to compute; each peer's own
 */
public record TrainerConfig(
    GptConfig model, AdamWConfig optimizer, long seed, int threads, DeviceChoice device) {
  /** Samples per epoch over all peers that suit {@link #demo}. */
  public static final int DEMO_TARGET_BATCH = 48;

  /** Samples per micro-batch that suit {@link #demo} on a processor. */
  public static final int DEMO_MICROBATCH = 4;

  public TrainerConfig {
    if (threads < 1) {
      throw new IllegalArgumentException("trainer.threads must be positive, not " + threads);
    }
  }

  /**
   * A model small enough for three peers on two cores to learn visibly within a minute.
   *
   * <p>The rate and the separate output layer belong together: with tied embeddings or at 3e-3 the
   * first layer's attention overshoots while the rate warms up, and the loss leaps by 2 to 5 nats
   * for an epoch (see docs/trainer.md).
   */
  public static TrainerConfig demo(long seed, int threads) {
    return new TrainerConfig(
        new GptConfig(2, 4, 128, 128),
        AdamWConfig.of(new LearningRate(2e-3, 2e-4, 5, 0)),
        seed,
        threads,
        DeviceChoice.AUTO);
  }
}
