package org.potluck.dht.records;

import java.time.Instant;

/** hivemind's time: seconds since 1970 as a double, good to a fraction of a microsecond. */
public final class UnixSeconds {
  private UnixSeconds() {}

  public static double of(Instant instant) {
    return instant.getEpochSecond() + instant.getNano() / 1e9;
  }

  /**
   * To the microsecond, which is all that a double holds.
   *
   * @param seconds finite
   */
  public static Instant toInstant(double seconds) {
    long whole = (long) Math.floor(seconds);
    return Instant.ofEpochSecond(whole, Math.round((seconds - whole) * 1e6) * 1000);
  }
}
