package org.potluck.averaging.codec;

import static org.potluck.averaging.codec.Lanes.FLOATS;
import static org.potluck.averaging.codec.Lanes.INTS;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Loops over float32 values. */
final class Float32Kernels {
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;

  private Float32Kernels() {}

  static boolean isFinite(float magnitude) {
    return Float.floatToRawIntBits(magnitude) < INFINITY;
  }

  /** The largest magnitude; not finite when any value is not (a NaN counts as the largest). */
  static float magnitude(MemorySegment values, long at, int count, ByteOrder order) {
    MemorySegment in = Lanes.known(values);
    IntVector most = IntVector.zero(INTS);
    for (int i = 0; i < count; i += FLOATS.length()) {
      IntVector bits =
          FloatVector.fromMemorySegment(FLOATS, in, at + 4L * i, order).reinterpretAsInts();
      most = most.max(bits.and(MAGNITUDE));
    }
    return Float.intBitsToFloat(most.reduceLanes(VectorOperators.MAX));
  }

  /**
   * {@code sums += weight * values}.
   *
   * @param order of the values; the sums have the machine's
   */
  static void accumulate(
      MemorySegment bytes,
      long offset,
      ByteOrder order,
      float weight,
      MemorySegment sums,
      long at,
      int count) {
    MemorySegment in = Lanes.known(bytes);
    MemorySegment out = Lanes.known(sums);
    for (int i = 0; i < count; i += FLOATS.length()) {
      FloatVector product =
          FloatVector.fromMemorySegment(FLOATS, in, offset + 4L * i, order).mul(weight);
      FloatVector.fromMemorySegment(FLOATS, out, at + 4L * i, Lanes.NATIVE)
          .add(product)
          .intoMemorySegment(out, at + 4L * i, Lanes.NATIVE);
    }
  }

  /** {@code values *= factor}, saturating at the largest finite float32. */
  static void scale(MemorySegment values, long at, int count, float factor) {
    MemorySegment out = Lanes.known(values);
    for (int i = 0; i < count; i += FLOATS.length()) {
      FloatVector.fromMemorySegment(FLOATS, out, at + 4L * i, Lanes.NATIVE)
          .mul(factor)
          .min(Float.MAX_VALUE)
          .max(-Float.MAX_VALUE)
          .intoMemorySegment(out, at + 4L * i, Lanes.NATIVE);
    }
  }

  /** In float64, by eight interleaved sums added in a fixed order. */
  static double sumOfSquares(float[] values, int count) {
    return dot(values, values, count);
  }

  /** The inner product, summed the same way. */
  static double dot(float[] left, float[] right, int count) {
    double[] sums = new double[8];
    for (int i = 0; i < count; i++) {
      sums[i & 7] += (double) left[i] * right[i];
    }
    double sum = 0;
    for (double part : sums) {
      sum += part;
    }
    return sum;
  }
}
