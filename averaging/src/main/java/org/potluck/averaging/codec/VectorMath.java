package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Arithmetic on whole vectors: float32 values in native byte order, addressed by value index. */
public final class VectorMath {
  /** How many values a loop takes into an array at a time: 16 KiB, inside the first-level cache. */
  static final int STRIP = 4096;

  private VectorMath() {}

  /** Whether none of the values is infinite or not a number. */
  public static boolean allFinite(MemorySegment vector, long from, long values) {
    float[] strip = new float[(int) Math.min(STRIP, values)];
    for (long done = 0; done < values; done += strip.length) {
      int n = (int) Math.min(strip.length, values - done);
      load(vector, from + done, strip, n);
      if (!Kernels.isFinite(Kernels.magnitude(strip, 0, n))) {
        return false;
      }
    }
    return true;
  }

  /** The Euclidean norm, summed in float64 in a fixed order. */
  public static double norm(MemorySegment vector, long from, long values) {
    float[] strip = new float[(int) Math.min(STRIP, values)];
    double sum = 0;
    for (long done = 0; done < values; done += strip.length) {
      int n = (int) Math.min(strip.length, values - done);
      load(vector, from + done, strip, n);
      sum += Kernels.sumOfSquares(strip, n);
    }
    return Math.sqrt(sum);
  }

  /**
   * {@code vector[i] = vector[i] * factor}, saturating at the largest finite float32 so that
   * rounding never makes an infinity of a finite value.
   */
  public static void scale(MemorySegment vector, long from, long values, float factor) {
    float[] strip = new float[(int) Math.min(STRIP, values)];
    for (long done = 0; done < values; done += strip.length) {
      int n = (int) Math.min(strip.length, values - done);
      load(vector, from + done, strip, n);
      for (int i = 0; i < n; i++) {
        strip[i] = Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, strip[i] * factor));
      }
      store(strip, n, vector, from + done);
    }
  }

  static void load(MemorySegment vector, long from, float[] strip, int values) {
    MemorySegment.copy(
        vector, ValueLayout.JAVA_FLOAT_UNALIGNED, from * Float.BYTES, strip, 0, values);
  }

  static void store(float[] strip, int values, MemorySegment vector, long from) {
    MemorySegment.copy(
        strip, 0, vector, ValueLayout.JAVA_FLOAT_UNALIGNED, from * Float.BYTES, values);
  }
}
