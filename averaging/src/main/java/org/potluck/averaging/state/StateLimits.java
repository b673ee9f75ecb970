package org.potluck.averaging.state;

import java.time.Duration;

/**
 * What state transfer may cost, on either side.
 *
 * @param bytesMax the largest state that is downloaded; best the size the run's model must have
 * @param chunkBytes the size of the chunks a donor offers
 * @param downloadsMax peers that a donor sends chunks to at a time
 * @param snapshotsKept by a donor, the newest included, while somebody downloads the older ones
 * @param placeLimit after which a peer that asked for nothing more loses its place at a donor
 * @param surveysMax donors asked for their manifest at a time
 * @param surveyLimit for a donor to answer with its manifest, which it may have to hash first
 * @param settleLimit how long to wait for more manifests after the first
 * @param chunksInFlight asked of one donor at a time
 * @param chunkLimit for one chunk to arrive
 * @param retryDelay before a busy donor, or everybody after a lost state, is asked again
 */
public record StateLimits(
    long bytesMax,
    int chunkBytes,
    int downloadsMax,
    int snapshotsKept,
    Duration placeLimit,
    int surveysMax,
    Duration surveyLimit,
    Duration settleLimit,
    int chunksInFlight,
    Duration chunkLimit,
    Duration retryDelay) {
  public StateLimits {
    if (bytesMax < 1
        || chunkBytes < 1
        || chunkBytes > Manifest.CHUNK_BYTES_MAX
        || downloadsMax < 1
        || snapshotsKept < 1
        || surveysMax < 1
        || chunksInFlight < 1) {
      throw new IllegalArgumentException("sizes and numbers must be positive and not too large");
    }
    if (!placeLimit.isPositive()
        || !surveyLimit.isPositive()
        || !settleLimit.isPositive()
        || !chunkLimit.isPositive()
        || !retryDelay.isPositive()) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  /** For states up to 8 GiB. */
  public static StateLimits usual() {
    return usual(8L << 30);
  }

  /** Chunks of 1 MiB, four at a time from a donor, which serves four and keeps two snapshots. */
  public static StateLimits usual(long bytesMax) {
    return new StateLimits(
        bytesMax,
        Manifest.CHUNK_BYTES_MAX,
        4,
        2,
        Duration.ofSeconds(30),
        8,
        Duration.ofSeconds(60),
        Duration.ofSeconds(5),
        4,
        Duration.ofSeconds(60),
        Duration.ofSeconds(1));
  }

  /** The same with chunks of another size. */
  public StateLimits withChunkBytes(int bytes) {
    return new StateLimits(
        bytesMax,
        bytes,
        downloadsMax,
        snapshotsKept,
        placeLimit,
        surveysMax,
        surveyLimit,
        settleLimit,
        chunksInFlight,
        chunkLimit,
        retryDelay);
  }

  /** The same with other numbers at the donor. */
  public StateLimits withDonor(int newDownloadsMax, int newSnapshotsKept) {
    return new StateLimits(
        bytesMax,
        chunkBytes,
        newDownloadsMax,
        newSnapshotsKept,
        placeLimit,
        surveysMax,
        surveyLimit,
        settleLimit,
        chunksInFlight,
        chunkLimit,
        retryDelay);
  }
}
