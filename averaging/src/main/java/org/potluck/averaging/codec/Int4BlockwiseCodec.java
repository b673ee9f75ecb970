package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;

/**
 * Four signed bits a value and one float32 step a block of 256, as {@link Int8BlockwiseCodec} does
 * with eight bits and 4096.
 *
 * <p>With 15 levels a block's largest value costs all others precision, so blocks are short. Byte j
 * of a block has value j in its low half and value 128 + j in its high half: neighbours in memory
 * stay neighbours in a vector register.
 */
final class Int4BlockwiseCodec extends StripCodec {
  static final Int4BlockwiseCodec INSTANCE = new Int4BlockwiseCodec();
  static final int BLOCK = 256;
  static final int HALF = BLOCK / 2;

  /** With it the largest integer, 8, still decodes to a finite number. */
  static final float STEP_MAX = 0x1p124f;

  private static final int LEVELS = 7;
  private static final int BLOCK_BYTES = Float.BYTES + HALF;

  private Int4BlockwiseCodec() {}

  @Override
  public CodecId id() {
    return CodecId.INT4_BLOCKWISE;
  }

  /** Half a step, and a little for the float32 arithmetic. */
  @Override
  public double errorBound(double magnitude) {
    return Math.max(Int8BlockwiseCodec.TINY, magnitude / (2 * LEVELS) * (1 + 0x1p-14));
  }

  @Override
  int stripBytes(int count) {
    int rest = count % BLOCK;
    return count / BLOCK * BLOCK_BYTES + (rest == 0 ? 0 : Float.BYTES + Math.min(rest, HALF));
  }

  @Override
  boolean encodeStrip(MemorySegment values, long at, int count, MemorySegment bytes, long offset) {
    boolean finite = true;
    long out = offset;
    for (int i = 0; i < count; i += BLOCK, out += BLOCK_BYTES) {
      long in = at + 4L * i;
      int n = Math.min(BLOCK, count - i);
      float magnitude = Float32Kernels.magnitude(values, in, n, Lanes.NATIVE);
      finite &= Float32Kernels.isFinite(magnitude);
      boolean tiny = magnitude < Int8BlockwiseCodec.TINY;
      float step = tiny ? 0 : Math.min(magnitude / LEVELS, STEP_MAX);
      bytes.set(WIRE_FLOAT, out, step);
      float inverse = tiny ? 0 : LEVELS / magnitude;
      Int4Kernels.quantize(values, in, inverse, bytes, out + Float.BYTES);
    }
    return finite;
  }

  @Override
  void decodeStrip(MemorySegment bytes, long offset, MemorySegment values, long at, int count) {
    long in = offset;
    for (int i = 0; i < count; i += BLOCK, in += BLOCK_BYTES) {
      float step = bytes.get(WIRE_FLOAT, in);
      Int4Kernels.dequantize(bytes, in + Float.BYTES, step, values, at + 4L * i);
    }
  }

  @Override
  void accumulateStrip(
      MemorySegment bytes, long offset, float weight, MemorySegment sums, long at, int count) {
    long in = offset;
    for (int i = 0; i < count; i += BLOCK, in += BLOCK_BYTES) {
      float step = bytes.get(WIRE_FLOAT, in);
      Int4Kernels.accumulate(bytes, in + Float.BYTES, step, weight, sums, at + 4L * i);
    }
  }

  @Override
  boolean wellFormedStrip(MemorySegment bytes, long offset, int count) {
    long in = offset;
    for (int i = 0; i < count; i += BLOCK, in += BLOCK_BYTES) {
      float step = bytes.get(WIRE_FLOAT, in);
      if (!(step >= 0 && step <= STEP_MAX)) {
        return false;
      }
    }
    return true;
  }
}
