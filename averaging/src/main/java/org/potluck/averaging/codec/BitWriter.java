package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Packs fields of a few bits, the first in the lowest bits of the first byte. */
final class BitWriter {
  private final MemorySegment bytes;
  private final int width;
  private long at;
  private int pending;
  private int pendingBits;

  BitWriter(MemorySegment bytes, long offset, int width) {
    this.bytes = bytes;
    this.at = offset;
    this.width = width;
  }

  void put(int field) {
    pending |= field << pendingBits;
    pendingBits += width;
    while (pendingBits >= Byte.SIZE) {
      bytes.set(ValueLayout.JAVA_BYTE, at++, (byte) pending);
      pending >>>= Byte.SIZE;
      pendingBits -= Byte.SIZE;
    }
  }

  /** Writes what is left, the unused bits zero. */
  void finish() {
    if (pendingBits > 0) {
      bytes.set(ValueLayout.JAVA_BYTE, at++, (byte) pending);
      pendingBits = 0;
    }
  }
}
