package org.potluck.averaging;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Vectors off the heap that were given back, to be written anew.
 *
 * <p>Fresh memory comes from the system page by page, each of them cleared twice: for a vector that
 * takes longer than to average it.
 *
 * <p>Of one peer, on its loop.
 */
final class SpareVectors {
  private static final int KEPT_MAX = 2;
  private static final int ALIGNMENT = 64;

  private final Deque<MemorySegment> spare = new ArrayDeque<>();

  /** A vector of {@code bytes}, with whatever is in it; it lives for as long as it is used. */
  MemorySegment take(long bytes) {
    for (Iterator<MemorySegment> each = spare.iterator(); each.hasNext(); ) {
      MemorySegment one = each.next();
      if (one.byteSize() == bytes) {
        each.remove();
        return one;
      }
    }
    return Arena.ofAuto().allocate(bytes, ALIGNMENT);
  }

  /** Nobody uses {@code vector} any more. */
  void giveBack(MemorySegment vector) {
    if (spare.size() == KEPT_MAX) {
      MemorySegment _ = spare.remove();
    }
    spare.add(vector);
  }
}
