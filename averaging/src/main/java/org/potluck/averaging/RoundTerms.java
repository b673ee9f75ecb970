package org.potluck.averaging;

import org.potluck.averaging.codec.CodecId;

/**
 * What a peer says of itself when it enlists for a round, before its contribution is there.
 *
 * @param key run and purpose; only peers with equal key, epoch, model, length and codecs meet
 * @param epoch the epoch the contribution will belong to; rises from round to round of a key
 * @param model digest of the parameters that the contribution belongs to; peers of different models
 *     never meet, since the gradients of one mean nothing to the other; empty where that does not
 *     matter
 * @param length values of the vector, one or more
 * @param link what this peer can carry
 * @param codecUp encodes contributions
 * @param codecDown encodes averages
 */
public record RoundTerms(
    String key,
    long epoch,
    String model,
    long length,
    Role role,
    OwnLink link,
    CodecId codecUp,
    CodecId codecDown) {
  /** Longest key in characters. */
  public static final int KEY_LENGTH_MAX = 200;

  /** Longest name of a model in characters. */
  public static final int MODEL_LENGTH_MAX = 100;

  public RoundTerms {
    if (key.isEmpty() || key.length() > KEY_LENGTH_MAX) {
      throw new IllegalArgumentException("a key has 1 to 200 characters: " + key.length());
    }
    if (model.length() > MODEL_LENGTH_MAX) {
      throw new IllegalArgumentException("a model's digest has up to 100 characters: " + model);
    }
    if (length < 1) {
      throw new IllegalArgumentException("nothing to average");
    }
    if (!role.takesPart()) {
      throw new IllegalArgumentException(role + " has no place in rounds");
    }
  }

  /** The same with other codecs. */
  public RoundTerms withCodecs(CodecId up, CodecId down) {
    return new RoundTerms(key, epoch, model, length, role, link, up, down);
  }
}
