package org.potluck.averaging.trust;

import org.potluck.network.PeerId;

/**
 * What a peer says that it thinks of another: its own word, believed only as far as {@link
 * Opinions} says.
 *
 * @param score 0 to 1; 0 while banned
 * @param banned whether the peer takes nothing from it now
 * @param reason a sentence for people
 */
public record Verdict(PeerId peer, double score, boolean banned, String reason) {
  /** Most verdicts that one word carries. */
  public static final int VERDICTS_MAX = 8;

  private static final int REASON_LENGTH_MAX = 160;

  public Verdict {
    if (!(score >= 0 && score <= 1)) {
      throw new IllegalArgumentException("not a standing: " + score);
    }
    if (reason.length() > REASON_LENGTH_MAX) {
      reason = reason.substring(0, REASON_LENGTH_MAX);
    }
  }
}
