package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;

/**
 * Half precision, 2 bytes each, after dividing each block of 4096 by a power of two.
 *
 * <p>Plain halves lose small gradients: below 2<sup>-14</sup> they have fewer than 11 bits, below
 * 2<sup>-25</sup> none. Here the largest magnitude of a block lands between 2<sup>14</sup> and
 * 2<sup>15</sup>, so that values down to 2<sup>-28</sup> of it keep all 11 bits. Dividing by a
 * power of two is exact, so the scale costs no precision; nothing saturates below 2<sup>127</sup>.
 */
final class Float16ScaledCodec extends StripCodec {
  static final Float16ScaledCodec INSTANCE = new Float16ScaledCodec();

  /** With it the largest half still decodes to a finite number. */
  static final float SCALE_MAX = 0x1p112f;

  private static final int TOP_EXPONENT = 14;

  private Float16ScaledCodec() {}

  @Override
  public CodecId id() {
    return CodecId.FLOAT16_SCALED;
  }

  /** Half a unit in the last place of 11 bits, and of float32's own subnormals. */
  @Override
  public double errorBound(double magnitude) {
    return Math.max(magnitude * 0x1p-11, 0x1p-149);
  }

  @Override
  int stripBytes(int count) {
    return Float.BYTES + count * Short.BYTES;
  }

  @Override
  boolean encodeStrip(MemorySegment values, long at, int count, MemorySegment bytes, long offset) {
    float magnitude = Float32Kernels.magnitude(values, at, count, Lanes.NATIVE);
    int exponent = Math.clamp(Math.getExponent(magnitude) - TOP_EXPONENT, -126, 112);
    bytes.set(WIRE_FLOAT, offset, Math.scalb(1f, exponent));
    float inverse = Math.scalb(1f, -exponent);
    Float16Kernels.encodeScaled(values, at, count, inverse, bytes, offset + Float.BYTES);
    return Float32Kernels.isFinite(magnitude);
  }

  @Override
  void decodeStrip(MemorySegment bytes, long offset, MemorySegment values, long at, int count) {
    float scale = bytes.get(WIRE_FLOAT, offset);
    Float16Kernels.decodeScaled(bytes, offset + Float.BYTES, scale, values, at, count);
  }

  @Override
  void accumulateStrip(
      MemorySegment bytes, long offset, float weight, MemorySegment sums, long at, int count) {
    float scale = bytes.get(WIRE_FLOAT, offset);
    Float16Kernels.accumulate(bytes, offset + Float.BYTES, scale, weight, sums, at, count);
  }

  @Override
  boolean wellFormedStrip(MemorySegment bytes, long offset, int count) {
    float scale = bytes.get(WIRE_FLOAT, offset);
    return scale >= 0
        && scale <= SCALE_MAX
        && Float16Kernels.allFinite(bytes, offset + Float.BYTES, count);
  }
}
