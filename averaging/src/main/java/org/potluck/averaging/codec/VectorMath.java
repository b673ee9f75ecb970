package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Arithmetic on whole vectors: float32 values in native byte order, addressed by value index. */
public final class VectorMath {
  private static final int STRIP = Staging.STRIP;

  private VectorMath() {}

  /** Whether none of the values is infinite or not a number. */
  public static boolean allFinite(MemorySegment vector, long from, long values) {
    return Float32Kernels.isFinite(magnitude(vector, from, values));
  }

  /** The largest magnitude, zero of no values; not finite when any value is not. */
  public static float magnitude(MemorySegment vector, long from, long values) {
    float largest = 0;
    try (Staging staging = new Staging()) {
      for (long done = 0; done < values; done += STRIP) {
        int n = (int) Math.min(STRIP, values - done);
        boolean inPlace = Staging.direct(vector, n);
        MemorySegment in = inPlace ? vector : staging.values(vector, from + done, n);
        long at = inPlace ? (from + done) * Float.BYTES : 0;
        largest = Math.max(largest, Float32Kernels.magnitude(in, at, n, Lanes.NATIVE));
      }
    }
    return largest;
  }

  /** The Euclidean norm, summed in float64 in a fixed order. */
  public static double norm(MemorySegment vector, long from, long values) {
    float[] strip = new float[(int) Math.min(STRIP, values)];
    double sum = 0;
    for (long done = 0; done < values; done += strip.length) {
      int n = (int) Math.min(strip.length, values - done);
      long at = (from + done) * Float.BYTES;
      MemorySegment.copy(vector, ValueLayout.JAVA_FLOAT_UNALIGNED, at, strip, 0, n);
      sum += Float32Kernels.sumOfSquares(strip, n);
    }
    return Math.sqrt(sum);
  }

  /** The inner product of two vectors of {@code values} values, summed like {@link #norm}. */
  public static double dot(MemorySegment one, MemorySegment other, long values) {
    float[] left = new float[(int) Math.min(STRIP, values)];
    float[] right = new float[left.length];
    double sum = 0;
    for (long done = 0; done < values; done += left.length) {
      int n = (int) Math.min(left.length, values - done);
      long at = done * Float.BYTES;
      MemorySegment.copy(one, ValueLayout.JAVA_FLOAT_UNALIGNED, at, left, 0, n);
      MemorySegment.copy(other, ValueLayout.JAVA_FLOAT_UNALIGNED, at, right, 0, n);
      sum += Float32Kernels.dot(left, right, n);
    }
    return sum;
  }

  /**
   * {@code vector[i] = vector[i] * factor}, saturating at the largest finite float32 so that
   * rounding never makes an infinity of a finite value.
   */
  public static void scale(MemorySegment vector, long from, long values, float factor) {
    try (Staging staging = new Staging()) {
      for (long done = 0; done < values; done += STRIP) {
        int n = (int) Math.min(STRIP, values - done);
        long at = (from + done) * Float.BYTES;
        if (Staging.direct(vector, n)) {
          Float32Kernels.scale(vector, at, n, factor);
        } else {
          MemorySegment room = staging.values(vector, from + done, n);
          Float32Kernels.scale(room, 0, n, factor);
          Staging.copy(room, 0, vector, at, (long) n * Float.BYTES);
        }
      }
    }
  }

  /**
   * {@code sums[sumsFrom + i] += weight * vector[from + i]}: the product is rounded, then the sum.
   */
  public static void addScaled(
      MemorySegment vector,
      long from,
      float weight,
      MemorySegment sums,
      long sumsFrom,
      long values) {
    try (Staging read = new Staging();
        Staging written = new Staging()) {
      for (long done = 0; done < values; done += STRIP) {
        int n = (int) Math.min(STRIP, values - done);
        boolean readInPlace = Staging.direct(vector, n);
        MemorySegment in = readInPlace ? vector : read.values(vector, from + done, n);
        long at = readInPlace ? (from + done) * Float.BYTES : 0;
        boolean writeInPlace = Staging.direct(sums, n);
        MemorySegment out = writeInPlace ? sums : written.values(sums, sumsFrom + done, n);
        long outAt = (sumsFrom + done) * Float.BYTES;
        Float32Kernels.accumulate(in, at, Lanes.NATIVE, weight, out, writeInPlace ? outAt : 0, n);
        if (!writeInPlace) {
          Staging.copy(out, 0, sums, outAt, (long) n * Float.BYTES);
        }
      }
    }
  }
}
