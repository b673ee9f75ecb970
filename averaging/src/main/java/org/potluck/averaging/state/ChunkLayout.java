package org.potluck.averaging.state;

import java.util.Arrays;
import java.util.List;

/** How vectors are cut into chunks: each for itself, only a vector's last chunk being shorter. */
final class ChunkLayout {
  private final int chunkBytes;
  private final List<Long> vectorBytes;

  /** The first chunk of every vector, and behind them the number of all chunks. */
  private final long[] firstChunks;

  ChunkLayout(int chunkBytes, List<Long> vectorBytes) {
    this.chunkBytes = chunkBytes;
    this.vectorBytes = List.copyOf(vectorBytes);
    this.firstChunks = new long[vectorBytes.size() + 1];
    for (int v = 0; v < vectorBytes.size(); v++) {
      firstChunks[v + 1] = firstChunks[v] + Math.ceilDiv(vectorBytes.get(v), (long) chunkBytes);
    }
  }

  int chunkBytes() {
    return chunkBytes;
  }

  List<Long> vectorBytes() {
    return vectorBytes;
  }

  long chunks() {
    return firstChunks[vectorBytes.size()];
  }

  /** Where chunk {@code index} lies. */
  Chunk chunk(int index) {
    int found = Arrays.binarySearch(firstChunks, index);
    int vector = found >= 0 ? found : -found - 2;
    while (vectorBytes.get(vector) == 0) {
      vector++; // An empty vector begins where the next one does.
    }
    long offset = (index - firstChunks[vector]) * chunkBytes;
    return new Chunk(vector, offset, (int) Math.min(chunkBytes, vectorBytes.get(vector) - offset));
  }

  /** A part of one vector. */
  record Chunk(int vector, long offset, int bytes) {}
}
