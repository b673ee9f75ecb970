package org.potluck.averaging.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Room off the heap for one strip: for values or bytes that lie elsewhere, and for a last strip
 * that whole vectors would overrun. Taken only when asked for.
 */
final class Staging implements AutoCloseable {
  /** Small enough that a strip, its encoded form and both copies fit the first-level cache. */
  static final int STRIP = Codec.BLOCK_VALUES;

  private static final long BYTES = (STRIP + (long) Lanes.ROUND_UP) * Float.BYTES;

  private @Nullable Arena arena;
  private @Nullable MemorySegment values;
  private @Nullable MemorySegment bytes;

  /** Whether a strip of so many values can be worked on where it lies. */
  static boolean direct(MemorySegment memory, int values) {
    return values == STRIP && Lanes.offHeap(memory);
  }

  /**
   * Where a strip can be worked on.
   *
   * @param at its first byte
   */
  record Place(MemorySegment memory, long at) {}

  /** Some values where they lie, or a copy of them, followed by zeros, that is there to be read. */
  Place readable(MemorySegment vector, long from, int count) {
    return direct(vector, count)
        ? new Place(vector, from * Float.BYTES)
        : new Place(values(vector, from, count), 0);
  }

  MemorySegment values() {
    MemorySegment room = values;
    if (room == null) {
      values = room = allocate();
    }
    return room;
  }

  /** A copy of some values, followed by zeros. */
  MemorySegment values(MemorySegment vector, long from, int count) {
    return filled(values(), vector, from * Float.BYTES, (long) count * Float.BYTES);
  }

  MemorySegment bytes() {
    MemorySegment room = bytes;
    if (room == null) {
      bytes = room = allocate();
    }
    return room;
  }

  /** A copy of some bytes, followed by zeros. */
  MemorySegment bytes(MemorySegment encoded, long offset, int count) {
    return filled(bytes(), encoded, offset, count);
  }

  static void copy(MemorySegment from, long offset, MemorySegment to, long toOffset, long bytes) {
    MemorySegment.copy(
        from, ValueLayout.JAVA_BYTE, offset, to, ValueLayout.JAVA_BYTE, toOffset, bytes);
  }

  private static MemorySegment filled(MemorySegment room, MemorySegment from, long at, long bytes) {
    copy(from, at, room, 0, bytes);
    long end = Math.min(room.byteSize(), bytes + (long) Lanes.ROUND_UP * Float.BYTES);
    room.asSlice(bytes, end - bytes).fill((byte) 0);
    return room;
  }

  private MemorySegment allocate() {
    Arena own = arena;
    if (own == null) {
      arena = own = Arena.ofConfined();
    }
    return own.allocate(BYTES, 64);
  }

  @Override
  public void close() {
    if (arena != null) {
      arena.close();
    }
  }
}
