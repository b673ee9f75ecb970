package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A codec that works strip by strip, each of {@link Codec#BLOCK_VALUES} values or the rest.
 *
 * <p>A strip's values and its bytes fit the first-level cache together. The encoded form of a chunk
 * is the encoded strips one after the other.
 */
abstract class StripCodec implements Codec {
  /** The arrays one call works in. */
  static final class Strip {
    final float[] values;
    final byte[] bytes;

    /** Only for half precision, which the compiler vectorises from and to this type. */
    final short[] halves;

    Strip(int values, int bytes, int halves) {
      this.values = new float[values];
      this.bytes = new byte[bytes];
      this.halves = new short[halves];
    }
  }

  /** Exact size of a strip of {@code values} values, at most {@link Codec#BLOCK_VALUES}. */
  abstract int stripBytes(int values);

  abstract Strip newStrip(int values);

  /** Values to bytes, {@code strip.values} to {@code target} at {@code offset}. */
  abstract void encodeStrip(Strip strip, int values, MemorySegment target, long offset);

  /** Bytes to values. */
  abstract void decodeStrip(MemorySegment encoded, long offset, Strip strip, int values);

  abstract boolean wellFormedStrip(MemorySegment encoded, long offset, Strip strip, int values);

  @Override
  public final int encodedBytes(int values) {
    if (values < 0) {
      throw new IllegalArgumentException("not a number of values: " + values);
    }
    int rest = values % BLOCK_VALUES;
    return Math.addExact(
        Math.multiplyExact(values / BLOCK_VALUES, stripBytes(BLOCK_VALUES)),
        rest == 0 ? 0 : stripBytes(rest));
  }

  @Override
  public final void encode(MemorySegment vector, long from, int values, ByteBuffer target) {
    int bytes = encodedBytes(values);
    MemorySegment out = MemorySegment.ofBuffer(target).asSlice(0, bytes);
    Strip strip = newStrip(Math.min(values, BLOCK_VALUES));
    long offset = 0;
    for (int done = 0; done < values; done += BLOCK_VALUES) {
      int n = Math.min(BLOCK_VALUES, values - done);
      VectorMath.load(vector, from + done, strip.values, n);
      encodeStrip(strip, n, out, offset);
      offset += stripBytes(n);
    }
    target.position(target.position() + bytes);
  }

  @Override
  public final boolean wellFormed(ByteBuffer encoded, int values) {
    if (values < 0 || encoded.remaining() != encodedBytes(values)) {
      return false;
    }
    MemorySegment in = MemorySegment.ofBuffer(encoded);
    Strip strip = newStrip(Math.min(values, BLOCK_VALUES));
    long offset = 0;
    for (int done = 0; done < values; done += BLOCK_VALUES) {
      int n = Math.min(BLOCK_VALUES, values - done);
      if (!wellFormedStrip(in, offset, strip, n)) {
        return false;
      }
      offset += stripBytes(n);
    }
    return true;
  }

  @Override
  public final void decode(ByteBuffer encoded, MemorySegment target, long from, int values) {
    MemorySegment in = exactly(encoded, values);
    Strip strip = newStrip(Math.min(values, BLOCK_VALUES));
    long offset = 0;
    for (int done = 0; done < values; done += BLOCK_VALUES) {
      int n = Math.min(BLOCK_VALUES, values - done);
      decodeStrip(in, offset, strip, n);
      VectorMath.store(strip.values, n, target, from + done);
      offset += stripBytes(n);
    }
  }

  @Override
  public final void accumulate(
      ByteBuffer encoded, double weight, MemorySegment accumulator, long from, int values) {
    MemorySegment in = exactly(encoded, values);
    Strip strip = newStrip(Math.min(values, BLOCK_VALUES));
    float[] sums = new float[Math.min(values, BLOCK_VALUES)];
    long offset = 0;
    for (int done = 0; done < values; done += BLOCK_VALUES) {
      int n = Math.min(BLOCK_VALUES, values - done);
      decodeStrip(in, offset, strip, n);
      VectorMath.load(accumulator, from + done, sums, n);
      Kernels.addScaled(strip.values, (float) weight, sums, n);
      VectorMath.store(sums, n, accumulator, from + done);
      offset += stripBytes(n);
    }
  }

  private MemorySegment exactly(ByteBuffer encoded, int values) {
    if (encoded.remaining() != encodedBytes(values)) {
      throw new IllegalArgumentException(
          encoded.remaining() + " bytes are not " + values + " values of " + id());
    }
    return MemorySegment.ofBuffer(encoded);
  }

  /** The wire's layouts: little-endian, at any address. */
  static final ValueLayout.OfFloat WIRE_FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static final ValueLayout.OfShort WIRE_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
}
