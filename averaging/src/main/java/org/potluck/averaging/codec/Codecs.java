package org.potluck.averaging.codec;

/** Finds the codec of a name. */
public final class Codecs {
  private Codecs() {}

  public static Codec of(CodecId id) {
    return switch (id) {
      case NONE -> Float32Codec.INSTANCE;
      case FLOAT16 -> Float16Codec.INSTANCE;
      case INT8_BLOCKWISE -> Int8BlockwiseCodec.INSTANCE;
      case FLOAT16_SCALED, INT8_UNIFORM, INT4_BLOCKWISE, SPARSE ->
          throw new UnsupportedOperationException(id + " is not built yet");
    };
  }
}
