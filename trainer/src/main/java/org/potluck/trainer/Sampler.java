package org.potluck.trainer;

import java.util.random.RandomGenerator;
import org.potluck.trainer.model.GptConfig;

/** Draws the next byte from the model's scores. */
final class Sampler {
  private final RandomGenerator random;
  private final double temperature;

  /**
   * @param temperature 1 draws from the model's own distribution, less prefers the likely, 0 takes
   *     the likeliest
   */
  Sampler(RandomGenerator random, double temperature) {
    if (!(temperature >= 0)) {
      throw new IllegalArgumentException("temperature must be zero or more, not " + temperature);
    }
    this.random = random;
    this.temperature = temperature;
  }

  /** A byte value drawn from the scores that start at {@code from}; other tokens have no text. */
  int sample(float[] scores, int from) {
    int best = 0;
    for (int i = 1; i < GptConfig.BYTES; i++) {
      best = scores[from + i] > scores[from + best] ? i : best;
    }
    if (temperature == 0) {
      return best;
    }
    var weights = new double[GptConfig.BYTES];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.exp((scores[from + i] - (double) scores[from + best]) / temperature);
      sum += weights[i];
    }
    double left = random.nextDouble() * sum;
    for (int i = 0; i < weights.length; i++) {
      left -= weights[i];
      if (left < 0) {
        return i;
      }
    }
    return best;
  }
}
