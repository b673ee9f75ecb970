package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;

/**
 * IEEE 754 half precision, 2 bytes each, rounded to nearest even.
 *
 * <p>Magnitudes above 65504 become 65504, as in hivemind's FLOAT16: one large gradient must not
 * turn into an infinity that poisons the sum.
 */
final class Float16Codec extends StripCodec {
  static final Float16Codec INSTANCE = new Float16Codec();
  private static final double LARGEST = 65504;

  private Float16Codec() {}

  @Override
  public CodecId id() {
    return CodecId.FLOAT16;
  }

  /** Half a unit in the last place of 11 bits, or of the subnormals; plus what is cut off. */
  @Override
  public double errorBound(double magnitude) {
    double rounding = Math.max(Math.min(magnitude, LARGEST) * 0x1p-11, 0x1p-25);
    return Math.max(rounding, magnitude - LARGEST);
  }

  @Override
  int stripBytes(int values) {
    return values * Short.BYTES;
  }

  @Override
  boolean encodeStrip(MemorySegment values, long at, int count, MemorySegment bytes, long offset) {
    return Float16Kernels.encode(values, at, count, bytes, offset);
  }

  @Override
  void decodeStrip(MemorySegment bytes, long offset, MemorySegment values, long at, int count) {
    Float16Kernels.decode(bytes, offset, values, at, count);
  }

  @Override
  void accumulateStrip(
      MemorySegment bytes, long offset, float weight, MemorySegment sums, long at, int count) {
    Float16Kernels.accumulate(bytes, offset, 1, weight, sums, at, count);
  }

  @Override
  boolean wellFormedStrip(MemorySegment bytes, long offset, int count) {
    return Float16Kernels.allFinite(bytes, offset, count);
  }
}
