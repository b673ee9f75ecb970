package org.potluck.averaging.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * hivemind's BLOCKWISE_8BIT: int64 number of blocks, int64 size of the table, one float32 largest
 * magnitude a block of 4096 values, the float32 table, one byte a value; little-endian. A value is
 * its block's magnitude times its entry of the table.
 *
 * <p>hivemind fills the table with bitsandbytes' dynamic map. Since the table travels along, any
 * reader takes another: ours is linear, {@code (i - 127) / 127}.
 */
final class HivemindBlocks {
  private static final int BLOCK = 4096;
  private static final int TABLE = 256;
  private static final int HEADER_BYTES = 2 * Long.BYTES;
  private static final int ZERO = 127;

  private HivemindBlocks() {}

  static ByteBuffer encode(float[] values) {
    int blocks = Math.ceilDiv(values.length, BLOCK);
    int bytes = HEADER_BYTES + (blocks + TABLE) * Float.BYTES + values.length;
    ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(blocks).putLong(TABLE);
    byte[] codes = new byte[values.length];
    for (int block = 0; block < blocks; block++) {
      int end = Math.min(values.length, (block + 1) * BLOCK);
      float magnitude = 0;
      for (int i = block * BLOCK; i < end; i++) {
        magnitude = Math.max(magnitude, Math.abs(values[i]));
      }
      for (int i = block * BLOCK; i < end; i++) {
        double fraction = magnitude == 0 ? 0 : (double) values[i] / magnitude;
        codes[i] = (byte) (Math.rint(fraction * ZERO) + ZERO);
      }
      out.putFloat(magnitude);
    }
    for (int i = 0; i < TABLE; i++) {
      out.putFloat(Math.min(1, (i - ZERO) / (float) ZERO));
    }
    return out.put(codes).flip();
  }

  /** Null when the length or a field does not fit; a value may not be finite. */
  static float @Nullable [] decode(ByteBuffer in, int count) {
    int blocks = Math.ceilDiv(count, BLOCK);
    if (in.remaining() < HEADER_BYTES || in.getLong(0) != blocks) {
      return null;
    }
    long table = in.getLong(Long.BYTES);
    if (table < 1 || table > TABLE) {
      return null;
    }
    int tableAt = HEADER_BYTES + blocks * Float.BYTES;
    int codesAt = tableAt + (int) table * Float.BYTES;
    if (in.remaining() != (long) codesAt + count) {
      return null;
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      int code = Byte.toUnsignedInt(in.get(codesAt + i));
      if (code >= table) {
        return null;
      }
      float magnitude = in.getFloat(HEADER_BYTES + i / BLOCK * Float.BYTES);
      values[i] = magnitude * in.getFloat(tableAt + code * Float.BYTES);
    }
    return values;
  }
}
