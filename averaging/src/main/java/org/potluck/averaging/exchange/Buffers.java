package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The memory in which contributions of others wait to be reduced, counted and used again.
 *
 * <p>A buffer is lent when the first bytes of a frame have come, so a member that announces a chunk
 * and does not send it holds one chunk of memory, no more.
 */
final class Buffers {
  private final long bytesMax;
  private final Deque<byte[]> free = new ArrayDeque<>();
  private long used;

  Buffers(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** A buffer of {@code bytes}; not counted before it is {@link #use used}. */
  ByteBuffer lend(int bytes) {
    byte[] array = free.peekLast();
    if (array == null || array.length != bytes) {
      return ByteBuffer.allocate(bytes);
    }
    free.removeLast();
    return ByteBuffer.wrap(array);
  }

  /** Something waits in a lent buffer. */
  void use(ByteBuffer buffer) {
    used += array(buffer).length;
  }

  /** A used buffer, or a part of it, is not needed any more. */
  void release(ByteBuffer buffer) {
    used -= array(buffer).length;
    giveBack(buffer);
  }

  /** A lent buffer was not used after all. */
  void giveBack(ByteBuffer buffer) {
    byte[] array = array(buffer);
    if ((free.size() + 1L) * array.length <= bytesMax) {
      free.add(array);
    }
  }

  /** Whether no more should come in. */
  boolean full() {
    return used >= bytesMax;
  }

  void clear() {
    free.clear();
    used = 0;
  }

  @SuppressWarnings("ByteBufferBackingArray") // of a part of a lent buffer, the whole is meant
  private static byte[] array(ByteBuffer buffer) {
    return buffer.array();
  }
}
