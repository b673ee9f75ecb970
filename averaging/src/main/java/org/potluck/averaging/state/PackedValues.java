package org.potluck.averaging.state;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Float32 values without loss in fewer bytes.
 *
 * <p>An average that came in a narrow codec has few different bits in each value, but they lie
 * scattered. So of each block of values the lowest bytes are put side by side, then the second ones
 * and so on, and each of these planes is compressed with Zstandard. Averages in float16 take about
 * two bytes a value so.
 *
 * <p>A block of 262,144 values (the last may be shorter) is four lengths of four bytes,
 * little-endian, and the four planes, the lowest bytes first.
 */
final class PackedValues {
  private static final int BLOCK_VALUES = 1 << 18;
  private static final int PLANES = Float.BYTES;
  private static final int HEADER_BYTES = PLANES * Integer.BYTES;
  private static final int LEVEL = 1;

  private static final ValueLayout.OfInt LITTLE =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private PackedValues() {}

  /** The most bytes that {@code values} values take. */
  static long bytesMax(long values) {
    long blocks = Math.ceilDiv(values, BLOCK_VALUES);
    return blocks * (HEADER_BYTES + PLANES * Zstd.compressBound(BLOCK_VALUES));
  }

  /**
   * @param values in native byte order
   */
  static MemorySegment pack(MemorySegment values) {
    long count = values.byteSize() / Float.BYTES;
    byte[] block = new byte[(int) bytesMax(Math.min(count, BLOCK_VALUES))];
    byte[] plane = new byte[(int) Math.min(count, BLOCK_VALUES)];
    int[] bits = new int[plane.length];
    Room room = new Room(count * 5 / 2);
    for (long done = 0; done < count; done += BLOCK_VALUES) {
      int n = (int) Math.min(BLOCK_VALUES, count - done);
      MemorySegment lengths = MemorySegment.ofArray(block);
      int at = HEADER_BYTES;
      MemorySegment.copy(values, ValueLayout.JAVA_INT_UNALIGNED, done * Float.BYTES, bits, 0, n);
      for (int p = 0; p < PLANES; p++) {
        for (int i = 0; i < n; i++) {
          plane[i] = (byte) (bits[i] >>> (p * Byte.SIZE));
        }
        int bytes = (int) Zstd.compressByteArray(block, at, block.length - at, plane, 0, n, LEVEL);
        lengths.set(LITTLE, (long) p * Integer.BYTES, bytes);
        at += bytes;
      }
      room.add(block, at);
    }
    return room.whole();
  }

  /**
   * @param packed from somebody else
   * @param count how many values it has to hold
   * @return in native byte order
   * @throws IllegalArgumentException when it is not that
   */
  static MemorySegment unpack(MemorySegment packed, long count) {
    MemorySegment values = Arena.ofAuto().allocate(count * Float.BYTES, Float.BYTES);
    byte[] plane = new byte[(int) Math.min(count, BLOCK_VALUES)];
    int[] bits = new int[plane.length];
    long at = 0;
    for (long done = 0; done < count; done += BLOCK_VALUES) {
      int n = (int) Math.min(BLOCK_VALUES, count - done);
      Arrays.fill(bits, 0, n, 0);
      if (packed.byteSize() - at < HEADER_BYTES) {
        throw new IllegalArgumentException("packed values end early");
      }
      long from = at + HEADER_BYTES;
      for (int p = 0; p < PLANES; p++) {
        int bytes = packed.get(LITTLE, at + (long) p * Integer.BYTES);
        if (bytes < 0 || bytes > packed.byteSize() - from) {
          throw new IllegalArgumentException("a plane of %d bytes".formatted(bytes));
        }
        inflate(packed.asSlice(from, bytes).toArray(ValueLayout.JAVA_BYTE), plane, n);
        for (int i = 0; i < n; i++) {
          bits[i] |= (plane[i] & 0xff) << (p * Byte.SIZE);
        }
        from += bytes;
      }
      MemorySegment.copy(bits, 0, values, ValueLayout.JAVA_INT_UNALIGNED, done * Float.BYTES, n);
      at = from;
    }
    if (at != packed.byteSize()) {
      throw new IllegalArgumentException("more bytes than values");
    }
    return values;
  }

  private static void inflate(byte[] compressed, byte[] plane, int n) {
    long bytes;
    try {
      bytes = Zstd.decompressByteArray(plane, 0, n, compressed, 0, compressed.length);
    } catch (ZstdException e) {
      throw new IllegalArgumentException("a plane that is not compressed so", e);
    }
    if (Zstd.isError(bytes) || bytes != n) {
      throw new IllegalArgumentException("a plane of another length");
    }
  }

  /** Bytes off the heap that grow; how many there will be is known only in the end. */
  private static final class Room {
    private MemorySegment memory;
    private long used;

    Room(long bytes) {
      memory = Arena.ofAuto().allocate(Math.max(1, bytes));
    }

    void add(byte[] data, int bytes) {
      if (memory.byteSize() - used < bytes) {
        MemorySegment larger = Arena.ofAuto().allocate(2 * (used + bytes));
        MemorySegment.copy(memory, 0, larger, 0, used);
        memory = larger;
      }
      MemorySegment.copy(data, 0, memory, ValueLayout.JAVA_BYTE, used, bytes);
      used += bytes;
    }

    MemorySegment whole() {
      return memory.asSlice(0, used);
    }
  }
}
