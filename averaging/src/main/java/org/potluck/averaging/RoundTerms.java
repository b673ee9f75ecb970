package org.potluck.averaging;

import org.potluck.averaging.codec.CodecId;

/**
 * What a peer says of itself when it enlists for a round, before its contribution is there.
 *
 * @param key run and purpose; only peers with equal key, epoch, length and codecs meet
 * @param epoch the epoch the contribution will belong to; rises from round to round of a key
 * @param length values of the vector, one or more
 * @param link what this peer can carry
 * @param codecUp encodes contributions
 * @param codecDown encodes averages
 */
public record RoundTerms(
    String key,
    long epoch,
    long length,
    Role role,
    OwnLink link,
    CodecId codecUp,
    CodecId codecDown) {
  /** Longest key in characters. */
  public static final int KEY_LENGTH_MAX = 200;

  public RoundTerms {
    if (key.isEmpty() || key.length() > KEY_LENGTH_MAX) {
      throw new IllegalArgumentException("a key has 1 to 200 characters: " + key.length());
    }
    if (length < 1) {
      throw new IllegalArgumentException("nothing to average");
    }
  }
}
