package org.potluck.averaging;

import java.time.Duration;

/**
 * The bounds of a round. Where a time can be learned from earlier rounds it is; these are where
 * learning starts and where it ends.
 *
 * @param matchmakingLimit how long after its declaration a leader waits at most
 * @param graceMin the shortest wait for stragglers once a quorum has joined
 * @param graceMax the longest, and the first
 * @param silenceLimit a peer that owes us bytes and sends none for this long is given up as sender;
 *     for twice this long, as reducer
 * @param dialLimit for opening a stream
 * @param lingerLimit how long a finished member keeps the average for others of its group
 * @param chunkBytesMax the largest encoded chunk
 */
public record AveragingOptions(
    Duration matchmakingLimit,
    Duration graceMin,
    Duration graceMax,
    Duration silenceLimit,
    Duration dialLimit,
    Duration lingerLimit,
    int chunkBytesMax) {
  /** Larger chunks are refused from anybody. */
  public static final int CHUNK_BYTES_LIMIT = 4 << 20;

  public AveragingOptions {
    if (chunkBytesMax < 64 || chunkBytesMax > CHUNK_BYTES_LIMIT) {
      throw new IllegalArgumentException("chunkBytesMax must be 64 to 4 Mi: " + chunkBytesMax);
    }
    if (graceMin.compareTo(graceMax) > 0) {
      throw new IllegalArgumentException("graceMin exceeds graceMax");
    }
  }

  /** What suits home links. */
  public static AveragingOptions defaults() {
    return new AveragingOptions(
        Duration.ofSeconds(15),
        Duration.ofMillis(50),
        Duration.ofSeconds(2),
        Duration.ofSeconds(4),
        Duration.ofSeconds(5),
        Duration.ofSeconds(20),
        512 * 1024);
  }
}
