package org.potluck.network.simulation;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** The distributions that faults are drawn from. */
final class Chance {
  private Chance() {}

  /** Exponential, by inversion, with {@link StrictMath} so that every machine draws the same. */
  static double exponential(RandomGenerator random, double mean) {
    return -mean * StrictMath.log(1 - random.nextDouble());
  }

  static Duration exponential(RandomGenerator random, Duration mean) {
    return Duration.ofNanos(Math.round(exponential(random, (double) mean.toNanos())));
  }

  static double between(RandomGenerator random, double low, double high) {
    return low + (high - low) * random.nextDouble();
  }
}
