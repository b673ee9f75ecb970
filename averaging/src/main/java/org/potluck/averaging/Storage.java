package org.potluck.averaging;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Where one round keeps what is as long as the vector: the average, and its encoded form for others
 * that ask for it. All else that a round holds is bounded by {@link
 * AveragingOptions#bufferBytesMax}.
 *
 * <p>Called on the peer's loop.
 */
public interface Storage {
  /**
   * Room for the average, with whatever is in it. It stays valid after {@link #close}, for as long
   * as it is used.
   *
   * @param bytes of the whole vector, a multiple of four
   */
  MemorySegment values(long bytes);

  /**
   * Keeps the remaining bytes of {@code encoded} until {@link #close}: that very buffer, or a copy
   * elsewhere.
   */
  ByteBuffer keep(ByteBuffer encoded);

  /** Whether what is kept is a copy, so that the caller may use its buffer again. */
  boolean copies();

  /** The encoded form is no longer needed. */
  void close();

  /** Ordinary memory. */
  static Storage memory() {
    return new MemoryStorage(new SpareVectors());
  }

  /**
   * Files mapped into memory, for vectors that memory is too small for.
   *
   * @param folder where they are made; the longest vector, and half of it again with float16, must
   *     fit
   */
  static Storage mapped(Path folder) {
    return new MappedStorage(folder);
  }
}
