package org.potluck.averaging.codec;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * Which codecs a round takes when that is left to its plan: the most exact with which the slowest
 * link is done in time.
 *
 * <p>The rungs, from exact to coarse, and what is known of their cost in quality: scaled float16
 * none was seen (OpenDiLoCo, with float16), small gradients kept; int8 none at 10 billion
 * parameters (INTELLECT-1). On the rung between contributions alone are int8: they are many and
 * their errors average out, while an average's error reaches everybody. Four bits and sparse are no
 * rungs: they want error feedback, and a peer would have to know the codec before the round has a
 * plan.
 *
 * <p>A vector of fewer than {@link #SMALL_VALUES} values is sent as scaled float16 whatever the
 * links: latency, not bandwidth, is what it costs, and small tensors (norms, biases) suffer most
 * from coarse steps.
 */
public final class CodecLadder {
  /** One chunk of the coarsest dense codecs; below, a round is all latency. */
  public static final long SMALL_VALUES = 16 * Codec.BLOCK_VALUES;

  private static final List<Rung> RUNGS =
      List.of(
          new Rung(CodecId.FLOAT16_SCALED, CodecId.FLOAT16_SCALED),
          new Rung(CodecId.INT8_BLOCKWISE, CodecId.FLOAT16_SCALED),
          new Rung(CodecId.INT8_BLOCKWISE, CodecId.INT8_BLOCKWISE));

  /**
   * A codec for each hop.
   *
   * @param up of contributions
   * @param down of averages
   */
  public record Rung(CodecId up, CodecId down) {}

  private CodecLadder() {}

  /** What a vector of {@code values} values may be sent with, the most exact first. */
  public static List<Rung> rungs(long values) {
    return values < SMALL_VALUES ? RUNGS.subList(0, 1) : RUNGS;
  }

  /**
   * @param aim how long a round should take at most; the coarsest is taken where none is so fast
   * @param expected how long a round would take
   */
  public static Rung choose(long values, Duration aim, Function<Rung, Duration> expected) {
    List<Rung> rungs = rungs(values);
    for (Rung rung : rungs) {
      if (expected.apply(rung).compareTo(aim) <= 0) {
        return rung;
      }
    }
    return rungs.getLast();
  }
}
