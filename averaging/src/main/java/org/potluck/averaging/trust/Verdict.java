package org.potluck.averaging.trust;

import java.time.Instant;
import org.potluck.network.PeerId;

/**
 * What a peer says that it thinks of another: its own word, believed only as far as {@link
 * Opinions} says.
 *
 * @param score 0 to 1; 0 while banned
 * @param banned whether the peer takes nothing from it now, and gives it nothing
 * @param bannedUntil by the clock of who says so; {@link #UNTOLD} where it does not say, or does
 *     not ban
 * @param reason a sentence for people
 */
public record Verdict(
    PeerId peer, double score, boolean banned, Instant bannedUntil, String reason) {
  /** Of what has no end that was told. */
  public static final Instant UNTOLD = Instant.EPOCH;

  /** Most verdicts that one word carries. */
  public static final int VERDICTS_MAX = 8;

  /** Longest reason, in characters. */
  public static final int REASON_LENGTH_MAX = 160;

  public Verdict {
    if (!(score >= 0 && score <= 1)) {
      throw new IllegalArgumentException("not a standing: " + score);
    }
    if (reason.length() > REASON_LENGTH_MAX) {
      reason = reason.substring(0, REASON_LENGTH_MAX);
    }
  }
}
