package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Values sorted into 256 buckets and the mean of each: hivemind's form of 8-bit tensors.
 *
 * <p>int64 256, then 256 float32 means (zero for an empty bucket), then one byte a value that names
 * its bucket; all little-endian. A reader needs to know nothing of how the buckets were drawn.
 */
final class BucketTable {
  static final int BUCKETS = 256;
  static final int HEADER_BYTES = Long.BYTES + BUCKETS * Float.BYTES;

  /** The outermost buckets, counted from the middle one. */
  private static final double LOWEST = -BUCKETS / 2;

  private static final double HIGHEST = BUCKETS / 2 - 1;

  /**
   * Added to a small number, 1.5 * 2^52 rounds it to the nearest integer, ties to even, and leaves
   * that integer in the lowest bits of the sum.
   */
  private static final double ROUND = 0x1.8p52;

  /** As many as there are float64 in a vector. */
  private static final VectorSpecies<Integer> STEPS =
      VectorSpecies.of(
          int.class, VectorShape.forBitSize(Float32Kernels.DOUBLES.vectorBitSize() / 2));

  private BucketTable() {}

  static int bytes(int values) {
    return values == 0 ? 0 : Math.addExact(HEADER_BYTES, values);
  }

  /**
   * Sorts values into 256 buckets of equal width over six standard deviations, the middle one
   * around the mean; what lies outside goes to the ends.
   */
  static byte[] uniform(float[] values, Moments moments) {
    double width = 6 * moments.deviation() / BUCKETS;
    byte[] indices = new byte[values.length];
    if (width == 0) {
      Arrays.fill(indices, (byte) (BUCKETS / 2));
      return indices;
    }
    int[] steps = new int[values.length];
    int whole = values.length - values.length % Float32Kernels.DOUBLES.length();
    for (int i = 0; i < whole; i += Float32Kernels.DOUBLES.length()) {
      Float32Kernels.doubles(values, i)
          .sub(moments.mean())
          .div(width)
          .max(LOWEST)
          .min(HIGHEST)
          .add(ROUND)
          .reinterpretAsLongs()
          .convertShape(VectorOperators.L2I, STEPS, 0)
          .reinterpretAsInts()
          .intoArray(steps, i);
    }
    for (int i = whole; i < values.length; i++) {
      double step = Math.rint((values[i] - moments.mean()) / width);
      steps[i] = (int) Math.clamp(step, LOWEST, HIGHEST);
    }
    for (int i = 0; i < indices.length; i++) {
      indices[i] = (byte) (steps[i] + BUCKETS / 2);
    }
    return indices;
  }

  /**
   * Sorts values into buckets between the 255 inner quantiles of 256, interpolated linearly; a
   * value on a border belongs below it.
   */
  static byte[] quantiles(float[] values) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    double[] borders = new double[BUCKETS - 1];
    for (int i = 0; i < borders.length; i++) {
      double rank = (i + 1.0) / BUCKETS * (sorted.length - 1);
      int below = (int) rank;
      double above = sorted[Math.min(below + 1, sorted.length - 1)];
      borders[i] = sorted[below] + (rank - below) * (above - sorted[below]);
    }
    byte[] indices = new byte[values.length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = (byte) bucket(values[i], borders);
    }
    return indices;
  }

  private static int bucket(float value, double[] borders) {
    int low = 0;
    int high = borders.length;
    while (low < high) {
      int middle = (low + high) / 2;
      if (borders[middle] < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * @param indices the bucket of each value
   */
  static void write(float[] values, byte[] indices, ByteBuffer target) {
    if (values.length == 0) {
      return;
    }
    double[] sums = new double[BUCKETS];
    int[] counts = new int[BUCKETS];
    for (int i = 0; i < values.length; i++) {
      int bucket = Byte.toUnsignedInt(indices[i]);
      sums[bucket] += values[i];
      counts[bucket]++;
    }
    ByteBuffer out = target.slice().order(ByteOrder.LITTLE_ENDIAN).putLong(BUCKETS);
    for (int i = 0; i < BUCKETS; i++) {
      out.putFloat(counts[i] == 0 ? 0 : (float) (sums[i] / counts[i]));
    }
    out.put(indices);
    target.position(target.position() + out.position());
  }

  /** Whether the remaining bytes are so many values with a table of 256 finite means. */
  static boolean wellFormed(ByteBuffer encoded, int values) {
    if (values < 0 || values > Integer.MAX_VALUE - HEADER_BYTES) {
      return false;
    }
    if (encoded.remaining() != bytes(values)) {
      return false;
    }
    if (values == 0) {
      return true;
    }
    ByteBuffer in = encoded.slice().order(ByteOrder.LITTLE_ENDIAN);
    boolean good = in.getLong() == BUCKETS;
    for (int i = 0; i < BUCKETS; i++) {
      good &= Float32Kernels.isFinite(Math.abs(in.getFloat()));
    }
    return good;
  }

  /** Gives each value its bucket's mean: {@code target[from + i] = mean}. */
  static void read(ByteBuffer encoded, MemorySegment target, long from, int values) {
    float[] means = means(encoded, values);
    MemorySegment in = MemorySegment.ofBuffer(encoded);
    for (int i = 0; i < values; i++) {
      float mean = means[bucket(in, i)];
      target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, (from + i) * Float.BYTES, mean);
    }
  }

  /** {@code sums[from + i] += weight * mean}. */
  static void add(ByteBuffer encoded, float weight, MemorySegment sums, long from, int values) {
    float[] means = means(encoded, values);
    for (int i = 0; i < means.length; i++) {
      means[i] = weight * means[i];
    }
    MemorySegment in = MemorySegment.ofBuffer(encoded);
    for (int i = 0; i < values; i++) {
      long at = (from + i) * Float.BYTES;
      float sum = sums.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
      sums.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, sum + means[bucket(in, i)]);
    }
  }

  private static int bucket(MemorySegment in, int i) {
    return Byte.toUnsignedInt(in.get(ValueLayout.JAVA_BYTE, HEADER_BYTES + (long) i));
  }

  private static float[] means(ByteBuffer encoded, int values) {
    float[] means = new float[values == 0 ? 0 : BUCKETS];
    ByteBuffer in = encoded.slice().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < means.length; i++) {
      means[i] = in.getFloat(Long.BYTES + i * Float.BYTES);
    }
    return means;
  }
}
