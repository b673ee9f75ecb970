package org.potluck.dht;

import java.time.Duration;

/**
 * How long answers usually take, so that a search can tell a slow node from a usual one (the
 * estimator of RFC 6298 over many nodes together).
 */
final class RoundTrips {
  private static final Duration LEAST = Duration.ofMillis(150);

  private final Duration most;
  private double meanSeconds;
  private double deviationSeconds;
  private boolean measured;

  /**
   * @param most how long anybody is waited for
   */
  RoundTrips(Duration most) {
    this.most = most;
  }

  void measured(Duration took) {
    double seconds = took.toNanos() / 1e9;
    if (!measured) {
      measured = true;
      meanSeconds = seconds;
      deviationSeconds = seconds / 2;
      return;
    }
    deviationSeconds = 0.75 * deviationSeconds + 0.25 * Math.abs(meanSeconds - seconds);
    meanSeconds = 0.875 * meanSeconds + 0.125 * seconds;
  }

  /** After this long without an answer a node counts as slow. */
  Duration patience() {
    if (!measured) {
      return most;
    }
    // Where all answers take alike, the smallest delay would look like silence: twice the mean
    // then.
    long nanos = Math.round((meanSeconds + Math.max(4 * deviationSeconds, meanSeconds)) * 1e9);
    Duration patience = Duration.ofNanos(nanos);
    patience = patience.compareTo(LEAST) < 0 ? LEAST : patience;
    return patience.compareTo(most) > 0 ? most : patience;
  }
}
