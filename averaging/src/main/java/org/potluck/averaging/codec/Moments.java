package org.potluck.averaging.codec;

import static org.potluck.averaging.codec.Float32Kernels.PARTIAL_SUMS;

import jdk.incubator.vector.DoubleVector;

/**
 * Mean and unbiased standard deviation of some values, the latter zero for a single one.
 *
 * <p>Taken in float64 over {@link Float32Kernels#PARTIAL_SUMS} sums, value i in sum {@code i %
 * PARTIAL_SUMS}, which are added up at the end: the same bits on all machines, and no addition
 * waits for the one before.
 */
record Moments(double mean, double deviation) {
  static Moments of(float[] values) {
    int count = values.length;
    double mean = sum(values, 0, false) / count;
    double squares = sum(values, mean, true);
    return new Moments(mean, count < 2 ? 0 * squares : Math.sqrt(squares / (count - 1)));
  }

  /** Whether the values are all finite: one that is not makes the mean, or what is left, a NaN. */
  boolean areFinite() {
    return Double.isFinite(mean) && Double.isFinite(deviation);
  }

  /** The sum of what the values have above {@code mean}, or of the squares of that. */
  private static double sum(float[] values, double mean, boolean squares) {
    double[] sums = new double[PARTIAL_SUMS];
    int lanes = Float32Kernels.DOUBLES.length();
    int whole = values.length - values.length % PARTIAL_SUMS;
    for (int sum = 0; sum < PARTIAL_SUMS; sum += 4 * lanes) {
      DoubleVector one = DoubleVector.zero(Float32Kernels.DOUBLES);
      DoubleVector two = one;
      DoubleVector three = one;
      DoubleVector four = one;
      for (int i = sum; i < whole; i += PARTIAL_SUMS) {
        one = one.add(term(values, i, mean, squares));
        two = two.add(term(values, i + lanes, mean, squares));
        three = three.add(term(values, i + 2 * lanes, mean, squares));
        four = four.add(term(values, i + 3 * lanes, mean, squares));
      }
      one.intoArray(sums, sum);
      two.intoArray(sums, sum + lanes);
      three.intoArray(sums, sum + 2 * lanes);
      four.intoArray(sums, sum + 3 * lanes);
    }
    for (int i = whole; i < values.length; i++) {
      double above = values[i] - mean;
      sums[i - whole] += squares ? above * above : above;
    }
    double total = 0;
    for (double sum : sums) {
      total += sum;
    }
    return total;
  }

  private static DoubleVector term(float[] values, int at, double mean, boolean squares) {
    DoubleVector above = Float32Kernels.doubles(values, at).sub(mean);
    return squares ? above.mul(above) : above;
  }
}
