package org.potluck.averaging.state;

import java.time.Duration;
import java.time.Instant;

/**
 * What a donor may send while averaging has the right of way: a token bucket that holds one piece.
 *
 * <p>Nothing at all would be simpler. But where one round follows the other a download would never
 * end, and a newcomer could not tell a donor that holds back from one that is gone.
 */
final class Allowance {
  /** Of the uplink. */
  private static final double SHARE = 1.0 / 64;

  /** A piece goes out at least so often, however slow the uplink, or while it is not known. */
  private static final Duration PIECE_EVERY = Duration.ofSeconds(2);

  private double bytes;
  private Instant asOf = Instant.MIN;

  /** Takes {@code piece} bytes out, if they are there. */
  boolean take(int piece, double uplinkBytesPerSecond, Instant now) {
    double rate = Math.max(SHARE * uplinkBytesPerSecond, piece / (PIECE_EVERY.toNanos() / 1e9));
    if (asOf.isAfter(Instant.MIN)) {
      bytes = Math.min(piece, bytes + rate * Duration.between(asOf, now).toNanos() / 1e9);
    }
    asOf = now;
    if (bytes < piece) {
      return false;
    }
    bytes -= piece;
    return true;
  }
}
