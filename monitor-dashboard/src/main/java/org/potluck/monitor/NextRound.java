package org.potluck.monitor;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The round to come.
 *
 * @param expected null when nobody can tell yet
 * @param reason what it waits for, in words
 * @param samples gathered by the swarm so far
 * @param samplesTarget at which the round is due, 0 when it is due by time alone
 */
public record NextRound(
    long epoch,
    Instant since,
    @Nullable Instant expected,
    String reason,
    long samples,
    long samplesTarget) {
  public NextRound {
    reason = Clip.line(reason, Clip.SENTENCE);
  }
}
