package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * hivemind's forms of a float32 tensor in {@code Tensor.buffer}, by the numbers in {@code
 * Tensor.compression}.
 *
 * <p>For speaking to hivemind peers; among ourselves {@link Codec}s do the same faster. Tensors are
 * rows by columns in C order, a vector being one row; only {@link #MEANSTD_16BIT} looks at the
 * rows.
 */
public enum HivemindCompression {
  /** Float32. */
  NONE(0),

  /** Halves of (value - row mean) / row deviation, then the rows' float32 means and deviations. */
  MEANSTD_16BIT(1),

  /** Halves, saturating. */
  FLOAT16(2),

  /** A table of 256 means and a byte a value; the buckets hold about as many values each. */
  QUANTILE_8BIT(3),

  /** The same form; the buckets are equally wide over six standard deviations. */
  UNIFORM_8BIT(4),

  /** The largest magnitude of each 4096 values, a table of fractions of it, and a byte a value. */
  BLOCKWISE_8BIT(5);

  /** Of one tensor; 1 GiB as float32. */
  public static final int VALUES_MAX = 1 << 28;

  private final int wireNumber;

  HivemindCompression(int wireNumber) {
    this.wireNumber = wireNumber;
  }

  /** What stands for it in messages. */
  public int wireNumber() {
    return wireNumber;
  }

  /** Empty for a number that hivemind does not use. */
  public static Optional<HivemindCompression> ofWireNumber(int number) {
    for (HivemindCompression one : values()) {
      if (one.wireNumber == number) {
        return Optional.of(one);
      }
    }
    return Optional.empty();
  }

  /**
   * The buffer of a tensor.
   *
   * @param values finite, in whole rows, at least one and at most {@link #VALUES_MAX}
   * @param columns values a row, at least one
   */
  public ByteBuffer encode(float[] values, int columns) {
    int count = values.length;
    if (columns < 1 || count < 1 || count > VALUES_MAX || count % columns != 0) {
      throw new IllegalArgumentException(count + " values in rows of " + columns);
    }
    return switch (this) {
      case NONE -> encoded(CodecId.NONE, values);
      case FLOAT16 -> encoded(CodecId.FLOAT16, values);
      case UNIFORM_8BIT -> encoded(CodecId.INT8_UNIFORM, values);
      case QUANTILE_8BIT -> {
        ByteBuffer buffer = ByteBuffer.allocate(BucketTable.bytes(count));
        BucketTable.write(values, BucketTable.quantiles(values), buffer);
        yield buffer.flip();
      }
      case MEANSTD_16BIT -> HivemindRows.encode(values, columns);
      case BLOCKWISE_8BIT -> HivemindBlocks.encode(values);
    };
  }

  /**
   * The values of a buffer from the network, or empty when it is not a tensor of that shape in this
   * form, is not finite, or has no values. The position does not move.
   */
  public Optional<float[]> decode(ByteBuffer buffer, int rows, int columns) {
    long count = (long) rows * columns;
    if (rows < 1 || columns < 1 || count > VALUES_MAX || buffer.remaining() < count) {
      return Optional.empty();
    }
    ByteBuffer in = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
    float @Nullable [] values =
        switch (this) {
          case NONE -> decoded(CodecId.NONE, in, (int) count);
          case FLOAT16 -> decoded(CodecId.FLOAT16, in, (int) count);
          case UNIFORM_8BIT, QUANTILE_8BIT -> decoded(CodecId.INT8_UNIFORM, in, (int) count);
          case MEANSTD_16BIT -> HivemindRows.decode(in, rows, columns);
          case BLOCKWISE_8BIT -> HivemindBlocks.decode(in, (int) count);
        };
    return values != null && VectorMath.allFinite(MemorySegment.ofArray(values), 0, count)
        ? Optional.of(values)
        : Optional.empty();
  }

  private static ByteBuffer encoded(CodecId id, float[] values) {
    Codec codec = Codecs.of(id);
    ByteBuffer buffer = ByteBuffer.allocate(codec.encodedBytes(values.length));
    codec.encode(MemorySegment.ofArray(values), 0, values.length, buffer);
    return buffer.flip();
  }

  private static float @Nullable [] decoded(CodecId id, ByteBuffer buffer, int count) {
    Codec codec = Codecs.of(id);
    if (!codec.wellFormed(buffer, count)) {
      return null;
    }
    float[] values = new float[count];
    codec.decode(buffer, MemorySegment.ofArray(values), 0, count);
    return values;
  }
}
