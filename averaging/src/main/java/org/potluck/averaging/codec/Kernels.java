package org.potluck.averaging.codec;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops, all over arrays.
 *
 * <p>Loops that the compiler vectorises by itself are plain Java. The Vector API is used where it
 * does not: conversions between float32 and bytes, and reductions. Each vector loop ends in a plain
 * one that computes the same bits, so results do not depend on the machine's vector width.
 */
final class Kernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, jdk.incubator.vector.VectorShape.forBitSize(bytesShapeBits()));

  /** Adding and subtracting 1.5 * 2^23 rounds to the nearest integer, ties to even. */
  private static final float ROUND = 12582912f;

  private static final int MAGNITUDE_BITS = 0x7fffffff;
  private static final int INFINITY_BITS = 0x7f800000;

  private Kernels() {}

  private static int bytesShapeBits() {
    // A vector of as many bytes as there are floats has a quarter of the bits, but no vector is
    // shorter than 64 bits.
    return Math.max(64, FLOATS.vectorBitSize() / 4);
  }

  static boolean isFinite(float magnitude) {
    return Float.floatToRawIntBits(magnitude) < INFINITY_BITS;
  }

  /** The largest magnitude; not finite when any value is not (a NaN counts as the largest). */
  static float magnitude(float[] values, int from, int count) {
    int lanes = FLOATS.length();
    int end = from + count;
    int i = from;
    int largest = 0;
    if (count >= lanes) {
      IntVector most = IntVector.zero(FLOATS.withLanes(int.class));
      for (; i <= end - lanes; i += lanes) {
        IntVector bits = FloatVector.fromArray(FLOATS, values, i).reinterpretAsInts();
        most = most.max(bits.and(MAGNITUDE_BITS));
      }
      largest = most.reduceLanes(VectorOperators.MAX);
    }
    for (; i < end; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(values[i]) & MAGNITUDE_BITS);
    }
    return Float.intBitsToFloat(largest);
  }

  /** In float64, by eight interleaved sums added in a fixed order. */
  static double sumOfSquares(float[] values, int count) {
    double[] sums = new double[8];
    for (int i = 0; i < count; i++) {
      sums[i & 7] += (double) values[i] * values[i];
    }
    double sum = 0;
    for (double part : sums) {
      sum += part;
    }
    return sum;
  }

  static void toFloat16(float[] values, short[] halves, int count) {
    for (int i = 0; i < count; i++) {
      float clamped = Math.max(-65504f, Math.min(65504f, values[i]));
      halves[i] = Float.floatToFloat16(clamped);
    }
  }

  static void fromFloat16(short[] halves, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      values[i] = Float.float16ToFloat(halves[i]);
    }
  }

  /** Whether no half has the exponent of infinities and NaN. */
  static boolean finiteFloat16(short[] halves, int count) {
    int worst = 0;
    for (int i = 0; i < count; i++) {
      worst = Math.max(worst, halves[i] & 0x7fff);
    }
    return worst < 0x7c00;
  }

  static void addScaled(float[] values, float weight, float[] sums, int count) {
    for (int i = 0; i < count; i++) {
      sums[i] += weight * values[i];
    }
  }

  /** {@code bytes[i]} is the integer nearest to {@code values[i] * inverse}, which fits a byte. */
  static void quantize(
      float[] values, int from, int count, float inverse, byte[] bytes, int bytesFrom) {
    int lanes = FLOATS.length();
    int i = 0;
    if (BYTES.length() == lanes) {
      for (; i <= count - lanes; i += lanes) {
        FloatVector.fromArray(FLOATS, values, from + i)
            .mul(inverse)
            .add(ROUND)
            .sub(ROUND)
            .convertShape(VectorOperators.F2B, BYTES, 0)
            .reinterpretAsBytes()
            .intoArray(bytes, bytesFrom + i);
      }
    }
    for (; i < count; i++) {
      bytes[bytesFrom + i] = (byte) (values[from + i] * inverse + ROUND - ROUND);
    }
  }

  /** {@code values[i] = bytes[i] * step}. */
  static void dequantize(
      byte[] bytes, int bytesFrom, int count, float step, float[] values, int from) {
    int lanes = FLOATS.length();
    int i = 0;
    if (BYTES.length() == lanes) {
      for (; i <= count - lanes; i += lanes) {
        ByteVector.fromArray(BYTES, bytes, bytesFrom + i)
            .convertShape(VectorOperators.B2F, FLOATS, 0)
            .reinterpretAsFloats()
            .mul(step)
            .intoArray(values, from + i);
      }
    }
    for (; i < count; i++) {
      values[from + i] = bytes[bytesFrom + i] * step;
    }
  }
}
