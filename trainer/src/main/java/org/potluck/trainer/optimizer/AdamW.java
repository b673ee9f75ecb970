package org.potluck.trainer.optimizer;

import org.potluck.trainer.model.Layout;
import org.potluck.trainer.model.Tensor;

/**
 * AdamW over flat vectors, bit for bit the same on every machine (Loshchilov and Hutter, 2019).
 *
 * <p>Peers prove by digest that they hold the same parameters, so the step may not depend on the
 * processor. It runs on the JVM, whose float arithmetic is exact by definition (no fused
 * multiply-add, no reordering): the element-wise loop may be vectorised at any width without
 * changing a bit. The only reduction, the gradient's norm, adds in a fixed order: sixteen partial
 * sums in double, value i into sum i mod 16, then added from first to last. The scalars come from
 * {@link StrictMath}.
 */
public final class AdamW {
  private static final int LANES = 16;

  private final AdamWConfig config;
  private final Layout layout;

  public AdamW(AdamWConfig config, Layout layout) {
    this.config = config;
    this.layout = layout;
  }

  /**
   * Takes one step in place.
   *
   * @param epoch steps taken before
   * @param moment1 first moments
   * @param moment2 second moments
   * @throws IllegalArgumentException if the gradient holds a value that is not finite; nothing is
   *     changed then
   */
  public void step(
      long epoch, float[] parameters, float[] moment1, float[] moment2, float[] gradient) {
    double norm = norm(gradient);
    if (!Double.isFinite(norm)) {
      throw new IllegalArgumentException("the mean gradient holds values that are not finite");
    }
    float scale = norm > config.clip() ? (float) (config.clip() / norm) : 1f;
    double rate = config.rate().at(epoch);
    double correction1 = 1 - StrictMath.pow(config.beta1(), (double) (epoch + 1));
    double correction2 = 1 - StrictMath.pow(config.beta2(), (double) (epoch + 1));
    float step = (float) (rate / correction1);
    float root = (float) (1 / StrictMath.sqrt(correction2));
    for (Tensor tensor : layout.tensors()) {
      float keep = tensor.matrix() ? (float) (1 - rate * config.weightDecay()) : 1f;
      update(
          tensor.offset(),
          tensor.end(),
          parameters,
          moment1,
          moment2,
          gradient,
          scale,
          step,
          root,
          keep);
    }
  }

  private void update(
      int from,
      int to,
      float[] parameters,
      float[] moment1,
      float[] moment2,
      float[] gradient,
      float scale,
      float step,
      float root,
      float keep) {
    float beta1 = (float) config.beta1();
    float beta2 = (float) config.beta2();
    float rest1 = 1 - beta1;
    float rest2 = 1 - beta2;
    float epsilon = (float) config.epsilon();
    for (int i = from; i < to; i++) {
      float g = gradient[i] * scale;
      float first = beta1 * moment1[i] + rest1 * g;
      float second = beta2 * moment2[i] + rest2 * (g * g);
      moment1[i] = first;
      moment2[i] = second;
      parameters[i] =
          keep * parameters[i] - step * first / ((float) Math.sqrt(second) * root + epsilon);
    }
  }

  /** The Euclidean norm, added in the fixed order described above. */
  static double norm(float[] values) {
    var sums = new double[LANES];
    int whole = values.length - values.length % LANES;
    for (int i = 0; i < whole; i += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        double value = values[i + lane];
        sums[lane] += value * value;
      }
    }
    for (int i = whole; i < values.length; i++) {
      double value = values[i];
      sums[i - whole] += value * value;
    }
    double sum = 0;
    for (double lane : sums) {
      sum += lane;
    }
    return StrictMath.sqrt(sum);
  }
}
