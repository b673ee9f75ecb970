package org.potluck.averaging.state;

import java.time.Duration;

/**
 * What state transfer may cost, on either side.
 *
 * @param bytesMax the largest state that is downloaded; best the size the run's model must have
 * @param chunkBytes the size of the chunks a donor offers: what is hashed, and kept or thrown away
 *     as a whole
 * @param pieceBytes the parts in which chunks are sent: what a round that begins has to wait for
 * @param downloadsMax peers that a donor sends chunks to at a time
 * @param snapshotsKept by a donor, the newest included, while somebody downloads the older ones
 * @param stepsKept by a donor, while somebody downloads; without that one
 * @param placeLimit after which a peer that asks for nothing, or takes nothing, loses its place at
 *     a donor
 * @param surveysMax donors asked for their manifest at a time
 * @param surveyLimit for a donor to answer with its manifest, which it may have to hash first
 * @param settleLimit how long to wait for more manifests after the first
 * @param chunksInFlight asked of one donor at a time
 * @param sourcesMax donors that chunks are fetched from at a time
 * @param stallLimit in which a donor that owes chunks must deliver a piece
 * @param retryDelay before a busy donor, or everybody after a lost state, is asked again, at least
 */
public record StateLimits(
    long bytesMax,
    int chunkBytes,
    int pieceBytes,
    int downloadsMax,
    int snapshotsKept,
    int stepsKept,
    Duration placeLimit,
    int surveysMax,
    Duration surveyLimit,
    Duration settleLimit,
    int chunksInFlight,
    int sourcesMax,
    Duration stallLimit,
    Duration retryDelay) {
  /** Larger pieces are sent by nobody. */
  static final int PIECE_BYTES_MAX = 64 << 10;

  /** For a donor to pack a step. */
  private static final Duration STEP_SURVEY_LIMIT = Duration.ofSeconds(15);

  public StateLimits {
    if (bytesMax < 1
        || chunkBytes < 1
        || chunkBytes > Manifest.CHUNK_BYTES_MAX
        || pieceBytes < 1
        || pieceBytes > PIECE_BYTES_MAX
        || downloadsMax < 1
        || snapshotsKept < 1
        || stepsKept < 1
        || surveysMax < 1
        || sourcesMax < 1
        || chunksInFlight < 1) {
      throw new IllegalArgumentException("sizes and numbers must be positive and not too large");
    }
    if (!placeLimit.isPositive()
        || !surveyLimit.isPositive()
        || !settleLimit.isPositive()
        || !stallLimit.isPositive()
        || !retryDelay.isPositive()) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  /**
   * Chunks of 1 MiB in pieces of 16 KiB, four at a time from a donor, which serves four and keeps
   * two snapshots and 16 steps.
   */
  public static StateLimits usual(long bytesMax) {
    return new StateLimits(
        bytesMax,
        Manifest.CHUNK_BYTES_MAX,
        16 << 10,
        4,
        2,
        16,
        Duration.ofSeconds(30),
        8,
        Duration.ofSeconds(60),
        Duration.ofSeconds(5),
        4,
        16,
        Duration.ofSeconds(20),
        Duration.ofSeconds(1));
  }

  /** The same with chunks of another size. */
  public StateLimits withChunkBytes(int bytes) {
    return with(bytesMax, bytes, pieceBytes, downloadsMax, snapshotsKept, surveyLimit);
  }

  /** The same with pieces of another size. */
  public StateLimits withPieceBytes(int bytes) {
    return with(bytesMax, chunkBytes, bytes, downloadsMax, snapshotsKept, surveyLimit);
  }

  /** The same with other numbers at the donor. */
  public StateLimits withDonor(int newDownloadsMax, int newSnapshotsKept) {
    return with(bytesMax, chunkBytes, pieceBytes, newDownloadsMax, newSnapshotsKept, surveyLimit);
  }

  /** Nobody has to hash a whole state before it can answer. */
  StateLimits forStep(long newBytesMax) {
    return with(
        newBytesMax, chunkBytes, pieceBytes, downloadsMax, snapshotsKept, STEP_SURVEY_LIMIT);
  }

  private StateLimits with(
      long bytes, int chunk, int piece, int downloads, int snapshots, Duration survey) {
    return new StateLimits(
        bytes,
        chunk,
        piece,
        downloads,
        snapshots,
        stepsKept,
        placeLimit,
        surveysMax,
        survey,
        settleLimit,
        chunksInFlight,
        sourcesMax,
        stallLimit,
        retryDelay);
  }
}
