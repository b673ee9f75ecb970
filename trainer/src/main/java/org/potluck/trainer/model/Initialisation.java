package org.potluck.trainer.model;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The first values of a model: the same bits from the same seed on every machine.
 *
 * <p>Matrices are normal with deviation 0.02, those that feed the residual stream divided by the
 * square root of twice the layers (GPT-2, and nanoGPT after it). The normal values come from
 * SplitMix64 through Box and Muller's transform with {@link StrictMath}: PyTorch's generators and
 * the JDK's own Gaussian may round differently from one machine to the next.
 */
public final class Initialisation {
  private static final double DEVIATION = 0.02;

  private Initialisation() {}

  public static float[] of(GptConfig config, Layout layout, long seed) {
    var random = new SplittableRandom(seed);
    var values = new float[layout.size()];
    double residual = DEVIATION / StrictMath.sqrt(2.0 * config.layers());
    for (Tensor tensor : layout.tensors()) {
      switch (tensor.first()) {
        case ZEROS -> {}
        case ONES -> Arrays.fill(values, tensor.offset(), tensor.end(), 1f);
        case NORMAL -> normal(values, tensor, DEVIATION, random);
        case RESIDUAL -> normal(values, tensor, residual, random);
      }
    }
    return values;
  }

  private static void normal(
      float[] values, Tensor tensor, double deviation, SplittableRandom random) {
    for (int i = tensor.offset(); i < tensor.end(); i += 2) {
      double radius = deviation * StrictMath.sqrt(-2 * StrictMath.log(unit(random)));
      double angle = 2 * StrictMath.PI * unit(random);
      values[i] = (float) (radius * StrictMath.cos(angle));
      if (i + 1 < tensor.end()) {
        values[i + 1] = (float) (radius * StrictMath.sin(angle));
      }
    }
  }

  /** Uniform in (0, 1]: never zero, whose logarithm is infinite. */
  private static double unit(SplittableRandom random) {
    return ((random.nextLong() >>> 11) + 1) * 0x1p-53;
  }
}
