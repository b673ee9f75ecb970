package org.potluck.averaging.codec;

/**
 * Two magnitudes that stand for many, and the two-bit codes that name them: bit 0 chooses the
 * higher, bit 1 is the sign.
 *
 * @param low of the smaller magnitudes
 * @param high of the larger ones
 */
record TwoLevels(float low, float high) {
  private static final int PASSES = 4;

  /**
   * Two-means clustering of the magnitudes (Lloyd), begun at their mean. In float64 and in order,
   * so that everybody finds the same.
   */
  static TwoLevels of(float[] values) {
    double low = 0;
    double high = 0;
    double parting = 0;
    for (float value : values) {
      parting += Math.abs(value);
    }
    parting /= values.length;
    for (int pass = 0; pass < PASSES; pass++) {
      double lowSum = 0;
      double highSum = 0;
      int highs = 0;
      for (float value : values) {
        float magnitude = Math.abs(value);
        boolean isHigh = magnitude >= parting;
        highs += isHigh ? 1 : 0;
        highSum += isHigh ? magnitude : 0;
        lowSum += isHigh ? 0 : magnitude;
      }
      int lows = values.length - highs;
      // The mean of all may round to more than all of them, so either side may be empty.
      high = highs == 0 ? lowSum / lows : highSum / highs;
      low = lows == 0 ? high : lowSum / lows;
      parting = low + (high - low) / 2;
    }
    return new TwoLevels((float) low, (float) high);
  }

  /** The code of the nearer level; the higher one when both are as near. */
  int code(float value) {
    float magnitude = Math.abs(value);
    boolean isHigh = (double) magnitude - low >= (double) high - magnitude;
    return (isHigh ? 1 : 0) | (value < 0 ? 2 : 0);
  }

  float value(int code) {
    float magnitude = (code & 1) == 0 ? low : high;
    return (code & 2) == 0 ? magnitude : -magnitude;
  }

  /** Finite, not negative, in order. */
  boolean areValid() {
    return low >= 0 && low <= high && high <= Float.MAX_VALUE;
  }
}
