package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Encodes float32 values for one hop.
 *
 * <p>Vectors are segments of float32 values in native byte order, addressed by value index. Encoded
 * bytes are little-endian whatever the order set on the buffer, and may lie on the heap or outside.
 * The bytes of a chunk depend on its values alone, so everybody who encodes the same values gets
 * the same bits. Blocks are counted from the start of the chunk: chunks that start at a multiple of
 * {@link #BLOCK_VALUES} encode a vector the same way however it is cut.
 *
 * <p>Implementations keep no state; what a lossy codec drops is the caller's to remember (error
 * feedback).
 */
public interface Codec {
  /** Chunk boundaries at multiples of this suit every codec. */
  int BLOCK_VALUES = 4096;

  CodecId id();

  /** The exact number of bytes that {@code values} values take; {@code values} is not negative. */
  int encodedBytes(int values);

  /**
   * Encodes {@code values} values from index {@code from} of {@code vector}, and looks at them on
   * the way: a pass over a vector only to see whether it is sound takes as long as encoding it.
   *
   * @param target advanced by {@link #encodedBytes}
   * @return whether all of the values are finite; if not, what has been written means nothing
   */
  boolean encode(MemorySegment vector, long from, int values, ByteBuffer target);

  /**
   * Whether the remaining bytes of {@code encoded} are {@code values} values, exactly, and decode
   * to finite numbers. The position does not move. Bytes from the network must pass this before
   * they are decoded.
   */
  boolean wellFormed(ByteBuffer encoded, int values);

  /**
   * Decodes the remaining bytes of {@code encoded} into {@code target[from..from+values)}. The
   * position of {@code encoded} does not move.
   *
   * @throws IllegalArgumentException when the length is wrong: the caller left out {@link
   *     #wellFormed}
   */
  void decode(ByteBuffer encoded, MemorySegment target, long from, int values);

  /**
   * {@code accumulator[from + i] += (float) weight * decoded[i]}, in float32: the product is
   * rounded, then the sum. The position of {@code encoded} does not move.
   *
   * @throws IllegalArgumentException when the length is wrong
   */
  void accumulate(
      ByteBuffer encoded, double weight, MemorySegment accumulator, long from, int values);

  /**
   * The largest difference between a value and its decoded self, when no value of the chunk exceeds
   * {@code magnitude}.
   *
   * @param magnitude zero or more, at most 2<sup>126</sup>
   */
  double errorBound(double magnitude);
}
