package org.potluck.network.libp2p.yamux;

import java.time.Duration;
import java.time.Instant;

/** How much arrives in a stretch of time; stretches follow each other from arrival to arrival. */
final class Arrivals {
  private Instant ends = Instant.MIN;
  private long bytes;
  private long lastBytes;

  /**
   * @param stretch how long one lasts that begins now
   */
  void count(int more, Instant now, Duration stretch) {
    if (now.isAfter(ends)) {
      lastBytes = bytes;
      bytes = 0;
      ends = now.plus(stretch);
    }
    bytes += more;
  }

  /** What came in the last whole stretch, or in the present one if that is more already. */
  long most() {
    return Math.max(lastBytes, bytes);
  }
}
