package org.potluck.averaging.codec;

/** Finds the codec of a name. */
public final class Codecs {
  private Codecs() {}

  public static Codec of(CodecId id) {
    return switch (id) {
      case NONE -> Float32Codec.INSTANCE;
      case FLOAT16 -> Float16Codec.INSTANCE;
      case INT8_BLOCKWISE -> Int8BlockwiseCodec.INSTANCE;
      case INT8_UNIFORM -> Int8UniformCodec.INSTANCE;
      case FLOAT16_SCALED -> Float16ScaledCodec.INSTANCE;
      case INT4_BLOCKWISE -> Int4BlockwiseCodec.INSTANCE;
      case SPARSE -> SparseCodec.INSTANCE;
    };
  }
}
