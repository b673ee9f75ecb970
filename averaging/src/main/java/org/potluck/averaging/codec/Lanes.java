package org.potluck.averaging.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector shapes of the inner loops, and the kind of memory they run over.
 *
 * <p>A loop over memory segments is fast only while the compiler knows which class of segment it
 * sees; once a program has shown it heap arrays, direct buffers and mapped files, every access
 * becomes a virtual call, three times as slow as a copy. So the loops take segments of one class,
 * off the heap, and say so to the compiler by comparing it; whatever lies elsewhere is staged
 * through {@link Staging}.
 */
final class Lanes {
  /** At most 16 lanes; at least 4, so that shorter types have a shape of as many lanes. */
  static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(bits()));

  static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(bits() / 2));

  /** As many bytes as there are floats, or twice that where such a shape would be too short. */
  static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, bits() / 4)));

  /** Vectors of floats in one of bytes. */
  static final int PARTS = BYTES.length() / FLOATS.length();

  /**
   * Loops run in whole vectors or small blocks, up to this many values at a time; memory they are
   * given has room for it.
   */
  static final int ROUND_UP = 256;

  static final ByteOrder WIRE = ByteOrder.LITTLE_ENDIAN;
  static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private static final Class<?> OFF_HEAP = Arena.global().allocate(1).getClass();

  private Lanes() {}

  private static int bits() {
    int preferred = FloatVector.SPECIES_PREFERRED.vectorBitSize();
    return Math.clamp(Integer.highestOneBit(preferred), 128, 512);
  }

  /** Whether the loops can run over this memory as it is. */
  static boolean offHeap(MemorySegment memory) {
    return memory.getClass() == OFF_HEAP;
  }

  /**
   * The same segment, of a class that the compiler knows from here on.
   *
   * @throws IllegalArgumentException when it is not {@link #offHeap}
   */
  static MemorySegment known(MemorySegment memory) {
    if (memory.getClass() != OFF_HEAP) {
      throw new IllegalArgumentException("not plain memory off the heap: " + memory);
    }
    return memory;
  }
}
