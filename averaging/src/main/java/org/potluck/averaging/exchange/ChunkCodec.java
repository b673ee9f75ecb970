package org.potluck.averaging.exchange;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Turns a chunk of float32 values into bytes and back: what the exchange needs of a codec. */
public interface ChunkCodec {
  /** The name by which plans call it. */
  String codecName();

  /** Bytes of {@code values} encoded values, at most. */
  int encodedBytes(int values);

  /** Whether a chunk may be shorter than {@link #encodedBytes}. */
  default boolean variableLength() {
    return false;
  }

  /** Writes values {@code from..from+values} of {@code vector} at the target's position. */
  void encode(MemorySegment vector, long from, int values, ByteBuffer target);

  /**
   * Reads all of {@code source} into {@code target}.
   *
   * @throws IllegalArgumentException when the bytes are not an encoded chunk of this many values
   */
  void decode(ByteBuffer source, MemorySegment target, long from, int values);
}
