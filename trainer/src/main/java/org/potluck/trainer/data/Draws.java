package org.potluck.trainer.data;

/** Chance as a pure function: numbers hashed from a seed and a position (SplitMix64's finisher). */
final class Draws {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private Draws() {}

  /** A number below {@code bound} that seed, drawer, step and index decide. */
  static long below(long bound, long seed, long drawer, long step, long index) {
    long state = mix(mix(mix(mix(seed) + drawer) + step) + index);
    return Math.unsignedMultiplyHigh(state, bound);
  }

  static long mix(long value) {
    long z = value + GOLDEN;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
