package org.potluck.averaging.exchange;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The two codecs that need no state: float32 as it is, and IEEE half precision. */
public enum PlainCodecs implements ChunkCodec {
  /** Four bytes a value, little-endian; exact. */
  NONE("none", Float.BYTES) {
    @Override
    public void encode(MemorySegment vector, long from, int values, ByteBuffer target) {
      MemorySegment.copy(
          vector,
          ValueLayout.JAVA_FLOAT_UNALIGNED,
          from * Float.BYTES,
          MemorySegment.ofBuffer(target),
          LITTLE_FLOAT,
          0,
          values);
      target.position(target.position() + values * Float.BYTES);
    }

    @Override
    void decodeChecked(ByteBuffer source, MemorySegment target, long from, int values) {
      MemorySegment.copy(
          MemorySegment.ofBuffer(source),
          LITTLE_FLOAT,
          0,
          target,
          ValueLayout.JAVA_FLOAT_UNALIGNED,
          from * Float.BYTES,
          values);
    }
  },
  /** Two bytes a value, little-endian; values beyond half precision's range are clamped to it. */
  FLOAT16("float16", Short.BYTES) {
    @Override
    public void encode(MemorySegment vector, long from, int values, ByteBuffer target) {
      for (long i = from; i < from + values; i++) {
        float value = vector.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
        float clamped = Math.clamp(value, -FLOAT16_MAX, FLOAT16_MAX);
        target.putShort(Short.reverseBytes(Float.floatToFloat16(clamped)));
      }
    }

    @Override
    void decodeChecked(ByteBuffer source, MemorySegment target, long from, int values) {
      for (long i = from; i < from + values; i++) {
        float value = Float.float16ToFloat(Short.reverseBytes(source.getShort()));
        target.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, value);
      }
    }
  };

  private static final float FLOAT16_MAX = 65504;
  private static final ValueLayout.OfFloat LITTLE_FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String codecName;
  private final int valueBytes;

  PlainCodecs(String codecName, int valueBytes) {
    this.codecName = codecName;
    this.valueBytes = valueBytes;
  }

  @Override
  public String codecName() {
    return codecName;
  }

  @Override
  public int encodedBytes(int values) {
    return values * valueBytes;
  }

  @Override
  public void decode(ByteBuffer source, MemorySegment target, long from, int values) {
    if (source.remaining() != encodedBytes(values)) {
      throw new IllegalArgumentException(source.remaining() + " bytes for " + values + " values");
    }
    decodeChecked(source, target, from, values);
  }

  abstract void decodeChecked(ByteBuffer source, MemorySegment target, long from, int values);
}
