package org.potluck.monitor;

import java.time.Instant;
import java.util.List;

/**
 * A settled round.
 *
 * @param at when it was settled
 * @param members names of the group, in its order
 * @param bytes moved by this peer, both ways
 * @param reason why it was abandoned, empty otherwise
 * @param faults what went wrong on the way, in words
 */
public record RoundStatus(
    String id,
    long epoch,
    Instant at,
    List<String> members,
    double matchmakingSeconds,
    double exchangeSeconds,
    long bytes,
    Outcome outcome,
    String reason,
    List<String> faults) {
  public RoundStatus {
    id = Clip.line(id, 128);
    members = Clip.lines(members, 256, Clip.NAME);
    reason = Clip.line(reason, Clip.SENTENCE);
    faults = Clip.lines(faults, 32, Clip.SENTENCE);
  }

  /** How a round ended. */
  public enum Outcome {
    AVERAGED,
    ABANDONED
  }
}
