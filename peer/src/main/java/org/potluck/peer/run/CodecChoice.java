package org.potluck.peer.run;

import org.potluck.averaging.codec.CodecId;

/** The codecs by the names that {@code run.yaml} uses; the manifest has checked the name. */
final class CodecChoice {
  private CodecChoice() {}

  static CodecId of(String name) {
    return switch (name) {
      case "none" -> CodecId.NONE;
      case "float16" -> CodecId.FLOAT16;
      case "int8" -> CodecId.INT8_BLOCKWISE;
      default -> throw new IllegalArgumentException("averaging.codec is unknown: " + name);
    };
  }
}
