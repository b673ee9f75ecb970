package org.potluck.trainer.optimizer;

/**
 * The learning rate as a function of the epoch: a linear warm-up, then half a cosine, then
 * constant.
 *
 * @param peak the highest rate
 * @param floor the rate at the end of the cosine
 * @param warmupEpochs epochs to reach the peak; zero starts there
 * @param decayEpochs epochs from the start to the end of the cosine; zero stays at the peak
 */
public record LearningRate(double peak, double floor, long warmupEpochs, long decayEpochs) {
  public LearningRate {
    if (!(peak > 0) || !(floor >= 0) || floor > peak || warmupEpochs < 0 || decayEpochs < 0) {
      throw new IllegalArgumentException(
          "not a learning rate: peak %s, floor %s, warm-up %d, decay %d epochs"
              .formatted(peak, floor, warmupEpochs, decayEpochs));
    }
    if (decayEpochs != 0 && decayEpochs <= warmupEpochs) {
      throw new IllegalArgumentException("the learning rate decays before it has warmed up");
    }
  }

  /** The rate of the step that ends {@code epoch}. */
  public double at(long epoch) {
    if (epoch < warmupEpochs) {
      return peak * (epoch + 1) / warmupEpochs;
    }
    if (decayEpochs == 0) {
      return peak;
    }
    double way = Math.min(1, (double) (epoch - warmupEpochs) / (decayEpochs - warmupEpochs));
    return floor + (peak - floor) * (1 + StrictMath.cos(StrictMath.PI * way)) / 2;
  }
}
