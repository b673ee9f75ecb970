package org.potluck.network.simulation;

import java.time.Duration;

/**
 * The way between two peers, apart from their own up- and downlinks.
 *
 * @param delay one way
 * @param jitterMax delay added at random, uniformly from zero to this; never reorders a connection
 */
public record LinkProfile(Duration delay, Duration jitterMax) {
  public LinkProfile {
    if (delay.isNegative() || jitterMax.isNegative()) {
      throw new IllegalArgumentException("negative delay: " + delay + ", jitter " + jitterMax);
    }
  }

  static LinkProfile between(PeerProfile one, PeerProfile other) {
    return new LinkProfile(
        one.delay().plus(other.delay()), one.jitterMax().plus(other.jitterMax()));
  }
}
