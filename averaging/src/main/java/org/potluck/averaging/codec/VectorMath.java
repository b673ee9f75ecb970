package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;

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
        Staging.Place in = staging.readable(vector, from + done, n);
        largest =
            Math.max(largest, Float32Kernels.magnitude(in.memory(), in.at(), n, Lanes.NATIVE));
      }
    }
    return largest;
  }

  /** The Euclidean norm, summed like {@link #dot}. */
  public static double norm(MemorySegment vector, long from, long values) {
    double[] sums = new double[Float32Kernels.PARTIAL_SUMS];
    try (Staging staging = new Staging()) {
      for (long done = 0; done < values; done += STRIP) {
        int n = (int) Math.min(STRIP, values - done);
        Staging.Place in = staging.readable(vector, from + done, n);
        Float32Kernels.addProducts(in.memory(), in.at(), in.memory(), in.at(), n, sums);
      }
    }
    return Math.sqrt(total(sums));
  }

  /**
   * The inner product of two vectors of {@code values} values, summed in float64 in an order that
   * is the same on all machines: what is decided by it is decided alike everywhere.
   */
  public static double dot(MemorySegment one, MemorySegment other, long values) {
    double[] sums = new double[Float32Kernels.PARTIAL_SUMS];
    try (Staging left = new Staging();
        Staging right = new Staging()) {
      for (long done = 0; done < values; done += STRIP) {
        int n = (int) Math.min(STRIP, values - done);
        Staging.Place a = left.readable(one, done, n);
        Staging.Place b = right.readable(other, done, n);
        Float32Kernels.addProducts(a.memory(), a.at(), b.memory(), b.at(), n, sums);
      }
    }
    return total(sums);
  }

  private static double total(double[] sums) {
    double total = 0;
    for (double sum : sums) {
      total += sum;
    }
    return total;
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
        Staging.Place in = read.readable(vector, from + done, n);
        boolean writeInPlace = Staging.direct(sums, n);
        MemorySegment out = writeInPlace ? sums : written.values(sums, sumsFrom + done, n);
        long outAt = (sumsFrom + done) * Float.BYTES;
        Float32Kernels.accumulate(
            in.memory(), in.at(), Lanes.NATIVE, weight, out, writeInPlace ? outAt : 0, n);
        if (!writeInPlace) {
          Staging.copy(out, 0, sums, outAt, (long) n * Float.BYTES);
        }
      }
    }
  }
}
