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
  Strip newStrip(int values) {
    return new Strip(values, 0, values);
  }

  @Override
  void encodeStrip(Strip strip, int values, MemorySegment target, long offset) {
    Kernels.toFloat16(strip.values, strip.halves, values);
    MemorySegment.copy(strip.halves, 0, target, WIRE_SHORT, offset, values);
  }

  @Override
  void decodeStrip(MemorySegment encoded, long offset, Strip strip, int values) {
    MemorySegment.copy(encoded, WIRE_SHORT, offset, strip.halves, 0, values);
    Kernels.fromFloat16(strip.halves, strip.values, values);
  }

  @Override
  boolean wellFormedStrip(MemorySegment encoded, long offset, Strip strip, int values) {
    MemorySegment.copy(encoded, WIRE_SHORT, offset, strip.halves, 0, values);
    return Kernels.finiteFloat16(strip.halves, values);
  }
}
