package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;

/**
 * The memory in which chunks of others lie, counted and used again.
 *
 * <p>A buffer is lent when the first bytes of a frame have come, so a member that announces a chunk
 * and does not send it holds one chunk of memory, no more.
 */
final class Buffers {
  private final long bytesMax;
  private final SpareArrays spares;
  private long used;

  /**
   * @param bytesMax how much may be used
   * @param spares shared with other rounds of this peer
   */
  Buffers(long bytesMax, SpareArrays spares) {
    this.bytesMax = bytesMax;
    this.spares = spares;
  }

  /** A buffer of {@code bytes}; not counted before it is {@link #use used}. */
  ByteBuffer lend(int bytes) {
    return ByteBuffer.wrap(spares.take(bytes));
  }

  /** A contribution waits in a lent buffer. */
  void use(ByteBuffer buffer) {
    used += array(buffer).length;
  }

  /** A used buffer, or a part of it, is not needed any more. */
  void release(ByteBuffer buffer) {
    used -= array(buffer).length;
    giveBack(buffer);
  }

  /** The remaining bytes of {@code bytes}, in memory that nobody else has. */
  static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
  }

  /** A used buffer waits no more, but is kept for as long as somebody may ask for it. */
  void keep(ByteBuffer buffer) {
    used -= array(buffer).length;
  }

  /** A lent buffer that was not used, or is not counted, is not needed any more. */
  void giveBack(ByteBuffer buffer) {
    spares.giveBack(array(buffer));
  }

  /** Whether no more should come in. */
  boolean full() {
    return used >= bytesMax;
  }

  @SuppressWarnings("ByteBufferBackingArray") // of a part of a lent buffer, the whole is meant
  private static byte[] array(ByteBuffer buffer) {
    return buffer.array();
  }
}
