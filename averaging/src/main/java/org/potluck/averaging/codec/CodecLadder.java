package org.potluck.averaging.codec;

import java.time.Duration;
import java.util.List;

/**
 * Which codec a vector takes over a link: the most exact one that is there in time.
 *
 * <p>The rungs, from exact to coarse, and what is known of their cost in quality: float16 none was
 * seen (OpenDiLoCo), scaled float16 likewise with small gradients kept; int8 none at 10 billion
 * parameters (INTELLECT-1); int4 +0.09 % of validation loss (Decoupled DiLoCo); sparse, only with
 * error feedback, no worse than dense at 512 million (SparseLoCo, arXiv 2508.15706), while two bits
 * without error feedback cost +32 %. So sparse is never taken without it.
 *
 * <p>A vector of fewer than {@link #SMALL_VALUES} values is sent as scaled float16 whatever the
 * link: latency, not bandwidth, is what it costs, and small tensors (norms, biases) suffer most
 * from coarse steps. Where nothing is in time, the coarsest allowed rung is taken. All members of a
 * group need one codec in each direction, so a group asks with its slowest link.
 */
public final class CodecLadder {
  /** One chunk of the coarsest dense codecs; below, a round is all latency. */
  public static final long SMALL_VALUES = 16 * Codec.BLOCK_VALUES;

  private static final List<CodecId> RUNGS =
      List.of(
          CodecId.FLOAT16_SCALED, CodecId.INT8_BLOCKWISE, CodecId.INT4_BLOCKWISE, CodecId.SPARSE);

  private CodecLadder() {}

  /**
   * @param values length of what is sent
   * @param bytesPerSecond of the link, more than zero
   * @param limit how long sending may take
   * @param errorFeedback whether the sender remembers what is dropped
   */
  public static CodecId choose(
      long values, double bytesPerSecond, Duration limit, boolean errorFeedback) {
    if (values < 0 || !(bytesPerSecond > 0) || limit.isNegative()) {
      throw new IllegalArgumentException(
          values + " values, " + bytesPerSecond + " bytes a second, " + limit);
    }
    if (values < SMALL_VALUES) {
      return CodecId.FLOAT16_SCALED;
    }
    double seconds = limit.toMillis() / 1e3;
    CodecId coarsest = CodecId.FLOAT16_SCALED;
    for (CodecId rung : RUNGS) {
      if (rung.needsErrorFeedback() && !errorFeedback) {
        continue;
      }
      coarsest = rung;
      if (values * rung.bytesPerValue() <= bytesPerSecond * seconds) {
        break;
      }
    }
    return coarsest;
  }
}
