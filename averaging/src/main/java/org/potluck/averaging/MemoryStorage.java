package org.potluck.averaging;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Keeps vectors in ordinary memory. */
final class MemoryStorage implements Storage {
  private final SpareVectors spares;

  MemoryStorage(SpareVectors spares) {
    this.spares = spares;
  }

  @Override
  public MemorySegment values(long bytes) {
    return spares.take(bytes);
  }

  @Override
  public ByteBuffer keep(ByteBuffer encoded) {
    return encoded;
  }

  @Override
  public boolean copies() {
    return false;
  }

  @Override
  public void close() {}
}
