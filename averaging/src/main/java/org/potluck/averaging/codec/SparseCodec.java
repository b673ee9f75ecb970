package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The 64 largest of each block of 4096 values, two bits each; the others count as zero (the sizes
 * of SparseLoCo, arXiv 2508.15706).
 *
 * <p>A kept value is sent as its sign and one of two magnitudes: the means of the larger and of the
 * smaller kept ones, parted by two-means clustering. One level for all would be drawn up by a
 * single outlier. A block is never farther from its decoded self than from zero, which is what
 * error feedback needs to converge. Without {@link ErrorFeedback} most of a gradient is lost.
 *
 * <p>Indices ascend, 12 bits each, and unused bits are zero, so that there is one encoding of a
 * choice and no index comes twice.
 */
final class SparseCodec extends StripCodec {
  static final SparseCodec INSTANCE = new SparseCodec();

  /** One of so many values is kept. */
  static final int SPARSITY = 64;

  private static final int LEVEL_BYTES = 2 * Float.BYTES;
  private static final int INDEX_BITS = 12;
  private static final int CODE_BITS = 2;

  private SparseCodec() {}

  @Override
  public CodecId id() {
    return CodecId.SPARSE;
  }

  /** A value that is not kept is lost whole, and a kept one moves by less than the largest. */
  @Override
  public double errorBound(double magnitude) {
    return magnitude;
  }

  static int kept(int count) {
    return Math.ceilDiv(count, SPARSITY);
  }

  @Override
  int stripBytes(int count) {
    int kept = kept(count);
    return LEVEL_BYTES
        + Math.ceilDiv(kept * INDEX_BITS, Byte.SIZE)
        + Math.ceilDiv(kept * CODE_BITS, Byte.SIZE);
  }

  @Override
  boolean encodeStrip(MemorySegment values, long at, int count, MemorySegment bytes, long offset) {
    int kept = kept(count);
    int[] indices = new int[kept];
    float magnitude = Largest.find(values, at, count, indices);
    float[] chosen = new float[kept];
    for (int k = 0; k < kept; k++) {
      chosen[k] = values.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * indices[k]);
    }
    TwoLevels levels = TwoLevels.of(chosen);
    bytes.set(WIRE_FLOAT, offset, levels.low());
    bytes.set(WIRE_FLOAT, offset + Float.BYTES, levels.high());
    BitWriter index = new BitWriter(bytes, offset + LEVEL_BYTES, INDEX_BITS);
    BitWriter code = new BitWriter(bytes, codesAt(offset, kept), CODE_BITS);
    for (int k = 0; k < kept; k++) {
      index.put(indices[k]);
      code.put(levels.code(chosen[k]));
    }
    index.finish();
    code.finish();
    return Float32Kernels.isFinite(magnitude);
  }

  @Override
  void decodeStrip(MemorySegment bytes, long offset, MemorySegment values, long at, int count) {
    values.asSlice(at, 4L * count).fill((byte) 0);
    Reader reader = new Reader(bytes, offset, count);
    for (int k = 0; k < reader.kept; k++) {
      values.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * reader.index(k), reader.value(k));
    }
  }

  @Override
  void accumulateStrip(
      MemorySegment bytes, long offset, float weight, MemorySegment sums, long at, int count) {
    Reader reader = new Reader(bytes, offset, count);
    for (int k = 0; k < reader.kept; k++) {
      long where = at + 4L * reader.index(k);
      float sum = sums.get(ValueLayout.JAVA_FLOAT_UNALIGNED, where);
      sums.set(ValueLayout.JAVA_FLOAT_UNALIGNED, where, sum + weight * reader.value(k));
    }
  }

  @Override
  boolean wellFormedStrip(MemorySegment bytes, long offset, int count) {
    Reader reader = new Reader(bytes, offset, count);
    int last = -1;
    for (int k = 0; k < reader.kept; k++) {
      int index = reader.index(k);
      if (index <= last || index >= count) {
        return false;
      }
      last = index;
    }
    return reader.levels.areValid() && reader.unusedBitsAreZero();
  }

  private static long codesAt(long offset, int kept) {
    return offset + LEVEL_BYTES + Math.ceilDiv(kept * INDEX_BITS, Byte.SIZE);
  }

  /** Reads the fields of one strip; an index may be too large unless the strip is well formed. */
  private static final class Reader {
    final int kept;
    final TwoLevels levels;
    private final MemorySegment bytes;
    private final long indices;
    private final long codes;

    Reader(MemorySegment bytes, long offset, int count) {
      this.bytes = bytes;
      this.kept = kept(count);
      this.indices = offset + LEVEL_BYTES;
      this.codes = codesAt(offset, kept);
      this.levels =
          new TwoLevels(bytes.get(WIRE_FLOAT, offset), bytes.get(WIRE_FLOAT, offset + Float.BYTES));
    }

    int index(int k) {
      long at = indices + k * INDEX_BITS / Byte.SIZE;
      int pair = octet(at) | octet(at + 1) << Byte.SIZE;
      return k % 2 == 0 ? pair & 0xfff : pair >> 4;
    }

    float value(int k) {
      int shift = k % 4 * CODE_BITS;
      return levels.value((octet(codes + k / 4) >> shift) & 3);
    }

    boolean unusedBitsAreZero() {
      boolean halfByte = kept % 2 == 1;
      int afterIndices = halfByte ? octet(codes - 1) >> 4 : 0;
      int used = kept % 4 * CODE_BITS;
      int afterCodes = used == 0 ? 0 : octet(codes + kept / 4) >> used;
      return afterIndices == 0 && afterCodes == 0;
    }

    private int octet(long at) {
      return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, at));
    }
  }
}
