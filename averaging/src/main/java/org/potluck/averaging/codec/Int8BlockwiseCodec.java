package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;

/**
 * One signed byte a value and one float32 step a block of 4096 (Dettmers et al., "8-bit Optimizers
 * via Block-wise Quantization", with a linear table).
 *
 * <p>A block is its step, then its bytes; a value is byte times step. The step is the block's
 * largest magnitude over 127, so zero is exact and nothing is cut off. Blocks smaller than {@link
 * #TINY} are sent as zeros, because their inverse step would overflow; steps end at {@link
 * #STEP_MAX}, so that no byte can decode to an infinity.
 */
final class Int8BlockwiseCodec extends StripCodec {
  static final Int8BlockwiseCodec INSTANCE = new Int8BlockwiseCodec();

  static final float TINY = 0x1p-118f;
  static final float STEP_MAX = 0x1p120f;
  private static final int LEVELS = 127;

  private Int8BlockwiseCodec() {}

  @Override
  public CodecId id() {
    return CodecId.INT8_BLOCKWISE;
  }

  /** Half a step, and a little for the float32 arithmetic. */
  @Override
  public double errorBound(double magnitude) {
    return Math.max(TINY, magnitude / (2 * LEVELS) * (1 + 0x1p-14));
  }

  @Override
  int stripBytes(int values) {
    return Float.BYTES + values;
  }

  @Override
  void encodeStrip(MemorySegment values, long at, int count, MemorySegment bytes, long offset) {
    float magnitude = Float32Kernels.magnitude(values, at, count, Lanes.NATIVE);
    boolean tiny = magnitude < TINY;
    float step = tiny ? 0 : Math.min(magnitude / LEVELS, STEP_MAX);
    float inverse = tiny ? 0 : LEVELS / magnitude;
    bytes.set(WIRE_FLOAT, offset, step);
    Int8Kernels.quantize(values, at, count, inverse, bytes, offset + Float.BYTES);
  }

  @Override
  void decodeStrip(MemorySegment bytes, long offset, MemorySegment values, long at, int count) {
    float step = bytes.get(WIRE_FLOAT, offset);
    Int8Kernels.dequantize(bytes, offset + Float.BYTES, step, values, at, count);
  }

  @Override
  void accumulateStrip(
      MemorySegment bytes, long offset, float weight, MemorySegment sums, long at, int count) {
    float step = bytes.get(WIRE_FLOAT, offset);
    Int8Kernels.accumulate(bytes, offset + Float.BYTES, step, weight, sums, at, count);
  }

  @Override
  boolean wellFormedStrip(MemorySegment bytes, long offset, int count) {
    float step = bytes.get(WIRE_FLOAT, offset);
    return step >= 0 && step <= STEP_MAX;
  }
}
