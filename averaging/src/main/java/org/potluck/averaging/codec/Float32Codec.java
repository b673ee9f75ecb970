package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;

/** The values as they are: 4 bytes each, no error. */
final class Float32Codec extends StripCodec {
  static final Float32Codec INSTANCE = new Float32Codec();

  private Float32Codec() {}

  @Override
  public CodecId id() {
    return CodecId.NONE;
  }

  @Override
  public double errorBound(double magnitude) {
    return 0;
  }

  @Override
  int stripBytes(int values) {
    return values * Float.BYTES;
  }

  @Override
  Strip newStrip(int values) {
    return new Strip(values, 0, 0);
  }

  @Override
  void encodeStrip(Strip strip, int values, MemorySegment target, long offset) {
    MemorySegment.copy(strip.values, 0, target, WIRE_FLOAT, offset, values);
  }

  @Override
  void decodeStrip(MemorySegment encoded, long offset, Strip strip, int values) {
    MemorySegment.copy(encoded, WIRE_FLOAT, offset, strip.values, 0, values);
  }

  @Override
  boolean wellFormedStrip(MemorySegment encoded, long offset, Strip strip, int values) {
    decodeStrip(encoded, offset, strip, values);
    return Kernels.isFinite(Kernels.magnitude(strip.values, 0, values));
  }
}
