package org.potluck.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.model.Layout;
import org.potluck.trainer.model.Tensor;

final class AdamWTest {
  private static final Layout LAYOUT = Layout.of(new GptConfig(1, 1, 2, 1));

  @Test
  void takesTheStepThatPaperAndPencilTake() {
    var config = new AdamWConfig(new LearningRate(0.1, 0, 0, 0), 0.9, 0.95, 1e-8, 0.1, 1e9);
    var optimizer = new AdamW(config, LAYOUT);
    int matrix = 0;
    Tensor bias = LAYOUT.tensors().stream().filter(t -> !t.matrix()).findFirst().orElseThrow();
    var parameters = new float[LAYOUT.size()];
    var first = new float[LAYOUT.size()];
    var second = new float[LAYOUT.size()];
    var gradient = new float[LAYOUT.size()];
    parameters[matrix] = 1;
    parameters[bias.offset()] = 1;
    gradient[matrix] = 0.5f;
    gradient[bias.offset()] = 0.5f;
    optimizer.step(0, parameters, first, second, gradient);
    // The first step of Adam is rate times sign: 1 (1 - 0.1 x 0.1) - 0.1, and 1 - 0.1 undecayed.
    assertThat(parameters[matrix]).isCloseTo(0.89f, within(1e-6f));
    assertThat(parameters[bias.offset()]).isCloseTo(0.9f, within(1e-6f));
    assertThat(first[matrix]).isCloseTo(0.05f, within(1e-7f));
    assertThat(second[matrix]).isCloseTo(0.0125f, within(1e-7f));

    gradient[matrix] = -1;
    gradient[bias.offset()] = -1;
    optimizer.step(1, parameters, first, second, gradient);
    // m = 0.045 - 0.1 = -0.055, over 0.19: -0.2894737; v = 0.011875 + 0.05 = 0.061875, over
    // 0.0975: 0.6346154, root 0.7966275; so 0.9 + 0.1 x 0.3633740 = 0.9363374.
    assertThat(parameters[bias.offset()]).isCloseTo(0.9363374f, within(2e-6f));
    assertThat(parameters[matrix]).isCloseTo(0.89f * 0.99f + 0.0363374f, within(2e-6f));
  }

  @Test
  void clipsTheGradientToItsLargestNorm() {
    var rate = new LearningRate(0.1, 0.1, 0, 0);
    var clipped = new AdamW(new AdamWConfig(rate, 0, 0, 1e-8, 0, 1), LAYOUT);
    var first = new float[LAYOUT.size()];
    var gradient = new float[LAYOUT.size()];
    gradient[0] = 30;
    gradient[1] = 40;
    clipped.step(0, new float[LAYOUT.size()], first, new float[LAYOUT.size()], gradient);
    assertThat(first[0]).isCloseTo(0.6f, within(1e-6f));
    assertThat(first[1]).isCloseTo(0.8f, within(1e-6f));
  }

  /**
   * By Cauchy and Schwarz a step is at most 2.7 times the rate per value with these betas, so
   * neither wild gradients nor a restart with empty moments can drive a parameter to infinity.
   */
  @Test
  void takesBoundedStepsWhateverFiniteGradientsItIsGiven() {
    double rate = 3e-3;
    var config = AdamWConfig.of(new LearningRate(rate, rate, 0, 0));
    for (long seed = 1; seed <= 20; seed++) {
      var random = new SplittableRandom(seed);
      var optimizer = new AdamW(config, LAYOUT);
      var parameters = new float[LAYOUT.size()];
      var first = new float[LAYOUT.size()];
      var second = new float[LAYOUT.size()];
      long epoch = random.nextInt(3) * 1000L;
      for (int step = 0; step < 300; step++) {
        float[] before = parameters.clone();
        optimizer.step(epoch + step, parameters, first, second, wildGradient(random));
        for (int i = 0; i < parameters.length; i++) {
          assertThat((double) Math.abs(parameters[i] - before[i]))
              .as("seed %d, step %d, value %d", seed, step, i)
              .isLessThanOrEqualTo(2.7 * rate + 0.1 * rate * Math.abs(before[i]) + 1e-6);
          assertThat(second[i]).isNotNegative().isFinite();
        }
      }
    }
  }

  /** Values from zero over the smallest to the largest that a float32 holds. */
  private static float[] wildGradient(SplittableRandom random) {
    var gradient = new float[LAYOUT.size()];
    double scale = Math.pow(10, random.nextDouble(-46, 38));
    for (int i = 0; i < gradient.length; i++) {
      boolean own = random.nextInt(4) == 0;
      double size = own ? Math.pow(10, random.nextDouble(-46, 38)) : scale;
      gradient[i] = (float) (random.nextInt(5) == 0 ? 0 : (random.nextDouble() * 2 - 1) * size);
    }
    return gradient;
  }

  @Test
  void addsTheNormInTheDocumentedOrder() {
    var random = new SplittableRandom(11);
    for (int length : new int[] {1, 15, 16, 17, 1000, 100_003}) {
      var values = new float[length];
      var lanes = new double[16];
      for (int i = 0; i < length; i++) {
        values[i] = (float) (random.nextDouble() - 0.5);
        lanes[i % 16] += (double) values[i] * values[i];
      }
      double sum = 0;
      for (double lane : lanes) {
        sum += lane;
      }
      assertThat(AdamW.norm(values)).isEqualTo(StrictMath.sqrt(sum));
    }
  }

  @Test
  void warmsUpAndDecays() {
    var rate = new LearningRate(1, 0.1, 4, 14);
    assertThat(rate.at(0)).isEqualTo(0.25);
    assertThat(rate.at(3)).isEqualTo(1);
    assertThat(rate.at(9)).isCloseTo(0.55, within(1e-9));
    assertThat(rate.at(14)).isCloseTo(0.1, within(1e-9));
    assertThat(rate.at(1000)).isCloseTo(0.1, within(1e-9));
    assertThat(new LearningRate(1, 0.1, 0, 0).at(1000)).isEqualTo(1);
  }
}
