package org.potluck.monitor;

import java.time.Instant;

/**
 * A finished epoch.
 *
 * @param loss nats per token, the swarm's mean weighted by samples
 * @param samples used in this epoch
 * @param counted whether the members of its rounds told how many; otherwise the target batch stands
 *     for them
 * @param tokens used in this epoch
 * @param tokensTotal since the run began
 * @param seconds from the epoch before to this one
 */
public record EpochStatus(
    long epoch,
    Instant at,
    double loss,
    long samples,
    boolean counted,
    long tokens,
    long tokensTotal,
    double seconds,
    int peers) {
  public EpochStatus {
    if (epoch < 0) {
      throw new IllegalArgumentException("epoch is " + epoch + ", expected 0 or more");
    }
  }
}
