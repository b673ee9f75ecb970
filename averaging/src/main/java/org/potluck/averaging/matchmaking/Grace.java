package org.potluck.averaging.matchmaking;

import java.time.Duration;

/**
 * How long a leader with a quorum waits for stragglers: twice what they took lately.
 *
 * <p>Rises at once with a straggler, also with one that came too late, and sinks by an eighth of
 * the difference a round. Somebody who never comes teaches nothing.
 */
final class Grace {
  private final Duration min;
  private final Duration max;
  private double learnedNanos;

  Grace(Duration min, Duration max) {
    this.min = min;
    this.max = max;
    this.learnedNanos = max.toNanos() / 2.0;
  }

  Duration current() {
    long nanos = (long) (2 * learnedNanos);
    return Duration.ofNanos(Math.clamp(nanos, min.toNanos(), max.toNanos()));
  }

  /**
   * @param spread from the quorum to the last one that came
   */
  void observe(Duration spread) {
    double nanos = Math.min(spread.toNanos(), max.toNanos());
    learnedNanos = nanos > learnedNanos ? nanos : learnedNanos + (nanos - learnedNanos) / 8;
  }
}
