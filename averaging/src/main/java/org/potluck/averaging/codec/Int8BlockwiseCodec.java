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
  boolean encodeStrip(MemorySegment values, long at, int count, MemorySegment bytes, long offset) {
    float magnitude = Float32Kernels.magnitude(values, at, count, Lanes.NATIVE);
    bytes.set(WIRE_FLOAT, offset, step(magnitude));
    Int8Kernels.quantize(values, at, count, inverse(magnitude), bytes, offset + Float.BYTES);
    return Float32Kernels.isFinite(magnitude);
  }

  /**
   * A block has to be read twice, but memory is slow only the first time. So the next block is read
   * for its magnitude while this one, in the cache, is written: memory never waits for arithmetic.
   */
  @Override
  boolean encodeStrips(
      MemorySegment values, long at, int strips, MemorySegment bytes, long offset) {
    boolean finite = true;
    float magnitude =
        strips == 0 ? 0 : Float32Kernels.magnitude(values, at, BLOCK_VALUES, Lanes.NATIVE);
    long from = at;
    long to = offset;
    for (int strip = 1; strip < strips; strip++) {
      finite &= Float32Kernels.isFinite(magnitude);
      bytes.set(WIRE_FLOAT, to, step(magnitude));
      magnitude =
          Int8Kernels.quantizeAndLook(
              values,
              from,
              BLOCK_VALUES,
              inverse(magnitude),
              bytes,
              to + Float.BYTES,
              from + STRIP_BYTES);
      from += STRIP_BYTES;
      to += stripBytes(BLOCK_VALUES);
    }
    return strips == 0 || (encodeStrip(values, from, BLOCK_VALUES, bytes, to) && finite);
  }

  private static float step(float magnitude) {
    return magnitude < TINY ? 0 : Math.min(magnitude / LEVELS, STEP_MAX);
  }

  private static float inverse(float magnitude) {
    return magnitude < TINY ? 0 : LEVELS / magnitude;
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
