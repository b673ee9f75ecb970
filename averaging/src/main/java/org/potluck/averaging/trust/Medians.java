package org.potluck.averaging.trust;

import java.util.Arrays;

/** Medians, of an even number the smaller one in the middle: what one more liar cannot raise. */
final class Medians {
  private Medians() {}

  /** Zero of none. */
  static double of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted.length == 0 ? 0 : sorted[(sorted.length - 1) / 2];
  }

  /** The median of those that are above zero. */
  static double ofPositive(double[] values) {
    return of(Arrays.stream(values).filter(value -> value > 0).toArray());
  }

  /** The median distance to {@code median}. */
  static double deviation(double[] values, double median) {
    return of(Arrays.stream(values).map(value -> Math.abs(value - median)).toArray());
  }
}
