package org.potluck.network.libp2p;

import java.time.Duration;
import java.time.Instant;

/**
 * How many bytes a socket may hold that are not on the way yet: about what leaves in {@link
 * #AHEAD}, by what it took of late.
 *
 * <p>A fixed number would either keep a home's uplink busy for long with what was written first,
 * whoever waits for what, or let a fast link run dry while our one thread does something else.
 */
final class UnsentLimit {
  static final int BYTES_MIN = 64 << 10;
  static final int BYTES_MAX = 4 << 20;
  private static final Duration AHEAD = Duration.ofMillis(25);
  private static final Duration LOOK = Duration.ofMillis(100);

  private Instant since;
  private long bytes;
  private int limit = 2 * BYTES_MIN;

  UnsentLimit(Instant now) {
    since = now;
  }

  /** The limit that holds now. */
  int bytes() {
    return limit;
  }

  /**
   * Counts what the socket took.
   *
   * @return whether another limit holds from now on
   */
  boolean took(int more, Instant now) {
    bytes += more;
    Duration passed = Duration.between(since, now);
    if (passed.compareTo(LOOK) < 0) {
      return false;
    }
    double perNano = (double) bytes / passed.toNanos();
    since = now;
    bytes = 0;
    int wanted = (int) Math.clamp(perNano * AHEAD.toNanos(), BYTES_MIN, BYTES_MAX);
    // Rates are never quite the same, and a limit costs a call of the system.
    boolean differs = wanted >= 2 * limit || 2 * wanted <= limit;
    limit = differs ? wanted : limit;
    return differs;
  }
}
