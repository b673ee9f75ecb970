package org.potluck.averaging.exchange;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Chunks that wait for their turn, each once. Whether one waits is known without looking through
 * them: a member may ask for thousands of chunks, time after time.
 */
final class ChunkQueue {
  private final Deque<Integer> line = new ArrayDeque<>();
  private final BitSet waiting = new BitSet();

  /** Puts a chunk behind the others, unless it waits already. */
  void add(int chunk) {
    if (!waiting.get(chunk)) {
      waiting.set(chunk);
      line.add(chunk);
    }
  }

  /** The first, which waits no more; null when there is none. */
  @Nullable Integer poll() {
    Integer chunk = line.poll();
    if (chunk != null) {
      waiting.clear(chunk);
    }
    return chunk;
  }

  void clear() {
    line.clear();
    waiting.clear();
  }
}
