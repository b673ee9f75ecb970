package org.potluck.averaging.matchmaking;

import org.potluck.averaging.codec.Codec;

/**
 * How many values make a chunk, by what the links carry.
 *
 * <p>A chunk is averaged when everybody's part of it has come, and only then sent back. So the
 * first averages wait for one chunk from everybody, and after the last contribution one more chunk
 * has to go out to all: with chunks of an eighth of a span that costs a slow link a tenth of the
 * round. Small chunks cost frames, and memory for each. So a span has at most {@link
 * #CHUNKS_PER_SPAN} chunks, and each keeps the slowest uplink busy for {@link #SECONDS_MIN} at
 * least: on fast links, where a round is over in that time, chunks are as large as they may be.
 */
final class ChunkSize {
  static final int CHUNKS_PER_SPAN = 128;
  static final double SECONDS_MIN = 0.005;

  private ChunkSize() {}

  /**
   * Whole blocks, but for vectors and limits that are smaller than one.
   *
   * @param most values that fit into the largest message
   * @param span values of the longest span
   * @param slowest bytes a second that the slowest uplink carries; zero when it is not known
   * @param bytesPerValue of the wider codec
   */
  static int values(int most, long span, double slowest, double bytesPerValue) {
    if (slowest <= 0 || most <= Codec.BLOCK_VALUES) {
      return most;
    }
    double busy = slowest * SECONDS_MIN / bytesPerValue;
    double fair = Math.max(busy, (double) span / CHUNKS_PER_SPAN);
    double blocks = Math.ceil(Math.max(1, fair) / Codec.BLOCK_VALUES);
    return (int) Math.min(most, blocks * Codec.BLOCK_VALUES);
  }
}
