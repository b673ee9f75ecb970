package org.potluck.averaging;

import java.time.Duration;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.plan.Grid;
import org.potluck.averaging.reduce.Aggregation;

/**
 * The bounds of a round. Where a time can be learned from earlier rounds it is; these are where
 * learning starts and where it ends.
 *
 * @param matchmakingLimit how long after its declaration a leader waits at most
 * @param graceMin the shortest wait for stragglers once a quorum has joined
 * @param graceMax the longest, and the first
 * @param silenceLimit a member from which nothing at all comes for this long is given up
 * @param dialLimit for opening a stream
 * @param lingerLimit how long a finished member keeps the average for others of its group
 * @param chunkBytesMax the largest encoded chunk
 * @param bufferBytesMax how much of others' contributions may wait to be reduced, in one round
 * @param patience how many times as long as most others, and as the plan expects, a member may take
 *     before the round goes on without what it still owes; 1 or more
 * @param groupSize how many peers average in one group at most; more are seated on a grid
 * @param exchangeAim how long moving the data should take: the leader takes the most exact codecs
 *     with which the plan thinks so; zero where the codecs are settled
 * @param aggregation how contributions become one
 */
public record AveragingOptions(
    Duration matchmakingLimit,
    Duration graceMin,
    Duration graceMax,
    Duration silenceLimit,
    Duration dialLimit,
    Duration lingerLimit,
    int chunkBytesMax,
    long bufferBytesMax,
    double patience,
    int groupSize,
    Duration exchangeAim,
    Aggregation aggregation) {
  /** Larger chunks are refused from anybody. */
  public static final int CHUNK_BYTES_LIMIT = 4 << 20;

  /**
   * The usual largest group. A grid moves the vector twice, so it should not begin early; but a
   * group's streams grow with its square, and each of its members can hold up all others.
   */
  public static final int GROUP_SIZE = 32;

  public AveragingOptions {
    if (chunkBytesMax < 64 || chunkBytesMax > CHUNK_BYTES_LIMIT) {
      throw new IllegalArgumentException("chunkBytesMax must be 64 to 4 Mi: " + chunkBytesMax);
    }
    if (bufferBytesMax < chunkBytesMax) {
      throw new IllegalArgumentException("bufferBytesMax is less than a chunk: " + bufferBytesMax);
    }
    if (!(patience >= 1)) {
      throw new IllegalArgumentException("patience must be 1 or more: " + patience);
    }
    if (groupSize < Grid.GROUP_SIZE_MIN || groupSize > Group.MEMBERS_MAX) {
      throw new IllegalArgumentException("groupSize must be 2 to 1024: " + groupSize);
    }
    if (silenceLimit.toMillis() < 4) {
      throw new IllegalArgumentException("silenceLimit is too short: " + silenceLimit);
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
        512 * 1024,
        256L << 20,
        2,
        GROUP_SIZE,
        Duration.ZERO,
        Aggregation.MEAN);
  }

  /** The same with chunks of another size. */
  public AveragingOptions withChunkBytesMax(int bytes) {
    return with(silenceLimit, bytes, bufferBytesMax, groupSize, exchangeAim, aggregation);
  }

  public AveragingOptions withBufferBytesMax(long bytes) {
    return with(silenceLimit, chunkBytesMax, bytes, groupSize, exchangeAim, aggregation);
  }

  /** For machines so busy that a peer does not get to say that it lives. */
  public AveragingOptions withSilenceLimit(Duration limit) {
    return with(limit, chunkBytesMax, bufferBytesMax, groupSize, exchangeAim, aggregation);
  }

  /** For swarms that want smaller or larger groups. */
  public AveragingOptions withGroupSize(int peers) {
    return with(silenceLimit, chunkBytesMax, bufferBytesMax, peers, exchangeAim, aggregation);
  }

  /** With codecs that the leader of each round chooses. */
  public AveragingOptions withExchangeAim(Duration aim) {
    return with(silenceLimit, chunkBytesMax, bufferBytesMax, groupSize, aim, aggregation);
  }

  public AveragingOptions withAggregation(Aggregation kind) {
    return with(silenceLimit, chunkBytesMax, bufferBytesMax, groupSize, exchangeAim, kind);
  }

  private AveragingOptions with(
      Duration silence,
      int chunkBytes,
      long bufferBytes,
      int peers,
      Duration aim,
      Aggregation kind) {
    return new AveragingOptions(
        matchmakingLimit,
        graceMin,
        graceMax,
        silence,
        dialLimit,
        lingerLimit,
        chunkBytes,
        bufferBytes,
        patience,
        peers,
        aim,
        kind);
  }
}
