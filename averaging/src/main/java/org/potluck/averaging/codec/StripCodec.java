package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A codec that works strip by strip, each of {@link Codec#BLOCK_VALUES} values or the rest; the
 * encoded form of a chunk is that of its strips one after the other.
 *
 * <p>What a subclass is given lies off the heap, at any alignment, and has room for {@link
 * Lanes#ROUND_UP} values more than a shorter strip has; what it reads there is zero, what it writes
 * there is dropped. So its loops need no second form for the rest.
 */
abstract class StripCodec implements Codec {
  /** The wire's layouts: little-endian, at any address. */
  static final ValueLayout.OfFloat WIRE_FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Of the float32 values of a whole strip. */
  static final long STRIP_BYTES = (long) BLOCK_VALUES * Float.BYTES;

  static final ValueLayout.OfShort WIRE_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static final ValueLayout.OfLong WIRE_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Exact size of a strip of {@code count} values, at most {@link Codec#BLOCK_VALUES}. */
  abstract int stripBytes(int count);

  /**
   * Encodes {@code count} values at byte {@code at} to {@code bytes} at {@code offset}; returns
   * whether they are finite.
   */
  abstract boolean encodeStrip(
      MemorySegment values, long at, int count, MemorySegment bytes, long offset);

  /**
   * Encodes {@code strips} whole strips that lie one after the other, to bytes that do.
   *
   * @param at of the first value, in bytes
   * @return whether all values are finite
   */
  boolean encodeStrips(
      MemorySegment values, long at, int strips, MemorySegment bytes, long offset) {
    boolean finite = true;
    long from = at;
    long to = offset;
    for (int strip = 0; strip < strips; strip++) {
      finite &= encodeStrip(values, from, BLOCK_VALUES, bytes, to);
      from += STRIP_BYTES;
      to += stripBytes(BLOCK_VALUES);
    }
    return finite;
  }

  abstract void decodeStrip(
      MemorySegment bytes, long offset, MemorySegment values, long at, int count);

  /** {@code sums[i] += weight * decoded[i]}, rounded after each operation. */
  abstract void accumulateStrip(
      MemorySegment bytes, long offset, float weight, MemorySegment sums, long at, int count);

  abstract boolean wellFormedStrip(MemorySegment bytes, long offset, int count);

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
  public final boolean encode(MemorySegment vector, long from, int values, ByteBuffer target) {
    int length = encodedBytes(values);
    MemorySegment out = MemorySegment.ofBuffer(target).asSlice(0, length);
    int strips = Lanes.offHeap(vector) && Lanes.offHeap(out) ? values / BLOCK_VALUES : 0;
    boolean finite = encodeStrips(vector, from * Float.BYTES, strips, out, 0);
    try (Staging staging = new Staging()) {
      long offset = (long) strips * stripBytes(BLOCK_VALUES);
      for (int done = strips * BLOCK_VALUES; done < values; done += BLOCK_VALUES) {
        int n = Math.min(BLOCK_VALUES, values - done);
        int bytes = stripBytes(n);
        boolean inPlace = Staging.direct(vector, n);
        MemorySegment in = inPlace ? vector : staging.values(vector, from + done, n);
        long at = inPlace ? (from + done) * Float.BYTES : 0;
        if (Staging.direct(out, n)) {
          finite &= encodeStrip(in, at, n, out, offset);
        } else {
          finite &= encodeStrip(in, at, n, staging.bytes(), 0);
          Staging.copy(staging.bytes(), 0, out, offset, bytes);
        }
        offset += bytes;
      }
    }
    target.position(target.position() + length);
    return finite;
  }

  @Override
  public final boolean wellFormed(ByteBuffer encoded, int values) {
    if (values < 0 || encoded.remaining() != encodedBytes(values)) {
      return false;
    }
    MemorySegment in = MemorySegment.ofBuffer(encoded);
    try (Staging staging = new Staging()) {
      long offset = 0;
      for (int done = 0; done < values; done += BLOCK_VALUES) {
        int n = Math.min(BLOCK_VALUES, values - done);
        boolean inPlace = Staging.direct(in, n);
        MemorySegment bytes = inPlace ? in : staging.bytes(in, offset, stripBytes(n));
        if (!wellFormedStrip(bytes, inPlace ? offset : 0, n)) {
          return false;
        }
        offset += stripBytes(n);
      }
    }
    return true;
  }

  @Override
  public final void decode(ByteBuffer encoded, MemorySegment target, long from, int values) {
    forEachStrip(encoded, target, from, values, false, 0);
  }

  @Override
  public final void accumulate(
      ByteBuffer encoded, double weight, MemorySegment accumulator, long from, int values) {
    forEachStrip(encoded, accumulator, from, values, true, (float) weight);
  }

  private void forEachStrip(
      ByteBuffer encoded, MemorySegment target, long from, int values, boolean add, float weight) {
    if (encoded.remaining() != encodedBytes(values)) {
      throw new IllegalArgumentException(
          encoded.remaining() + " bytes are not " + values + " values of " + id());
    }
    MemorySegment in = MemorySegment.ofBuffer(encoded);
    try (Staging staging = new Staging()) {
      long offset = 0;
      for (int done = 0; done < values; done += BLOCK_VALUES) {
        int n = Math.min(BLOCK_VALUES, values - done);
        boolean readInPlace = Staging.direct(in, n);
        MemorySegment bytes = readInPlace ? in : staging.bytes(in, offset, stripBytes(n));
        long bytesAt = readInPlace ? offset : 0;
        boolean writeInPlace = Staging.direct(target, n);
        MemorySegment out = writeInPlace ? target : staging.values();
        long at = writeInPlace ? (from + done) * Float.BYTES : 0;
        if (!add) {
          decodeStrip(bytes, bytesAt, out, at, n);
        } else {
          if (!writeInPlace) {
            staging.values(target, from + done, n);
          }
          accumulateStrip(bytes, bytesAt, weight, out, at, n);
        }
        if (!writeInPlace) {
          Staging.copy(out, 0, target, (from + done) * Float.BYTES, (long) n * Float.BYTES);
        }
        offset += stripBytes(n);
      }
    }
  }
}
