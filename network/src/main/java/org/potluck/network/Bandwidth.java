package org.potluck.network;

import java.util.Locale;

/**
 * A rate of data in one direction.
 *
 * @param bytesPerSecond zero (nothing gets through) or more; finite
 */
public record Bandwidth(double bytesPerSecond) implements Comparable<Bandwidth> {
  public static final Bandwidth NONE = new Bandwidth(0);

  public Bandwidth {
    if (!(bytesPerSecond >= 0) || Double.isInfinite(bytesPerSecond)) {
      throw new IllegalArgumentException("not a bandwidth: " + bytesPerSecond + " bytes/s");
    }
  }

  /** The unit in which links are sold: 10^6 bits per second. */
  public static Bandwidth ofMegabitsPerSecond(double megabits) {
    return new Bandwidth(megabits * 125_000);
  }

  public double megabitsPerSecond() {
    return bytesPerSecond / 125_000;
  }

  @Override
  public int compareTo(Bandwidth other) {
    return Double.compare(bytesPerSecond, other.bytesPerSecond);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.1f Mbit/s", megabitsPerSecond());
  }
}
