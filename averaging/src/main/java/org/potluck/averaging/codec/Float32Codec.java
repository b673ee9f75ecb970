package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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
  boolean encodeStrip(MemorySegment values, long at, int count, MemorySegment bytes, long offset) {
    MemorySegment.copy(
        values, ValueLayout.JAVA_FLOAT_UNALIGNED, at, bytes, WIRE_FLOAT, offset, count);
    return wellFormedStrip(bytes, offset, count);
  }

  @Override
  void decodeStrip(MemorySegment bytes, long offset, MemorySegment values, long at, int count) {
    MemorySegment.copy(
        bytes, WIRE_FLOAT, offset, values, ValueLayout.JAVA_FLOAT_UNALIGNED, at, count);
  }

  @Override
  void accumulateStrip(
      MemorySegment bytes, long offset, float weight, MemorySegment sums, long at, int count) {
    Float32Kernels.accumulate(bytes, offset, Lanes.WIRE, weight, sums, at, count);
  }

  @Override
  boolean wellFormedStrip(MemorySegment bytes, long offset, int count) {
    return Float32Kernels.isFinite(Float32Kernels.magnitude(bytes, offset, count, Lanes.WIRE));
  }
}
