package org.potluck.trainer.model;

/**
 * The shape of a GPT.
 *
 * @param layers transformer blocks
 * @param heads attention heads per block; divides {@code width}
 * @param width values per position
 * @param context positions the model sees at once
 * @param vocabulary different tokens; at least 256, since text is read as bytes
 * @param tied whether the output layer shares the embedding's weights
 */
public record GptConfig(
    int layers, int heads, int width, int context, int vocabulary, boolean tied) {
  /** Tokens are bytes. */
  public static final int BYTES = 256;

  public GptConfig {
    if (layers < 1 || heads < 1 || width < 1 || context < 1) {
      throw new IllegalArgumentException(
          "model.layers, heads, width and context must be positive, not %d, %d, %d, %d"
              .formatted(layers, heads, width, context));
    }
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          "model.width %d is not a multiple of model.heads %d".formatted(width, heads));
    }
    if (vocabulary < BYTES) {
      throw new IllegalArgumentException(
          "model.vocabulary %d cannot hold the %d byte values".formatted(vocabulary, BYTES));
    }
  }

  /** A byte-level GPT with an output layer of its own. */
  public GptConfig(int layers, int heads, int width, int context) {
    this(layers, heads, width, context, BYTES, false);
  }
}
