package org.potluck.peer.manifest;

import java.time.Duration;
import org.potluck.averaging.codec.CodecId;

/**
 * The codecs by the names that {@code run.yaml} uses; the manifest has checked the name.
 *
 * <p>int4 and sparse are for the way up alone, where a peer remembers what they drop. Averages come
 * back as int8: what is lost there is in nobody's memory, and home links are faster downwards.
 *
 * @param up of contributions
 * @param down of averages
 */
public record CodecChoice(CodecId up, CodecId down) {
  /** Moving data for longer than this is worth coarser values, where that is left to the rounds. */
  private static final Duration AIM = Duration.ofSeconds(10);

  /** How long an exchange should take, for the name {@code auto}; zero for all others. */
  public static Duration aim(String name) {
    return name.equals("auto") ? AIM : Duration.ZERO;
  }

  /**
   * The codecs of {@code name}.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static CodecChoice of(String name) {
    return switch (name) {
      case "none" -> both(CodecId.NONE);
      case "float16" -> both(CodecId.FLOAT16);
      case "float16-scaled", "auto" -> both(CodecId.FLOAT16_SCALED);
      case "int8" -> both(CodecId.INT8_BLOCKWISE);
      case "int8-uniform" -> both(CodecId.INT8_UNIFORM);
      case "int4" -> new CodecChoice(CodecId.INT4_BLOCKWISE, CodecId.INT8_BLOCKWISE);
      case "sparse" -> new CodecChoice(CodecId.SPARSE, CodecId.INT8_BLOCKWISE);
      default -> throw new IllegalArgumentException("averaging.codec is unknown: " + name);
    };
  }

  private static CodecChoice both(CodecId codec) {
    return new CodecChoice(codec, codec);
  }
}
