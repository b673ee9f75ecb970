package org.potluck.averaging.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * hivemind's MEANSTD_16BIT: one half a value, then one float32 mean a row, then one float32
 * standard deviation a row (of the population, at least float32's epsilon), little-endian.
 */
final class HivemindRows {
  private static final float EPSILON = 0x1p-23f;
  private static final float LARGEST = 65504;

  private HivemindRows() {}

  static ByteBuffer encode(float[] values, int columns) {
    int rows = values.length / columns;
    ByteBuffer out =
        ByteBuffer.allocate(Math.toIntExact(bytes(rows, columns))).order(ByteOrder.LITTLE_ENDIAN);
    float[] deviations = new float[rows];
    float[] means = new float[rows];
    for (int row = 0; row < rows; row++) {
      int from = row * columns;
      double sum = 0;
      for (int i = from; i < from + columns; i++) {
        sum += values[i];
      }
      float mean = (float) (sum / columns);
      double squares = 0;
      for (int i = from; i < from + columns; i++) {
        double centred = (double) values[i] - mean;
        squares += centred * centred;
      }
      float deviation = Math.max(EPSILON, (float) Math.sqrt(squares / columns));
      for (int i = from; i < from + columns; i++) {
        // In float64, because a difference of two large values may overflow float32.
        float scaled = (float) (((double) values[i] - mean) / deviation);
        out.putShort(Float.floatToFloat16(Math.clamp(scaled, -LARGEST, LARGEST)));
      }
      means[row] = mean;
      deviations[row] = deviation;
    }
    for (float mean : means) {
      out.putFloat(mean);
    }
    for (float deviation : deviations) {
      out.putFloat(deviation);
    }
    return out.flip();
  }

  /** Null when the length is wrong. */
  static float @Nullable [] decode(ByteBuffer in, int rows, int columns) {
    if (in.remaining() != bytes(rows, columns)) {
      return null;
    }
    float[] values = new float[rows * columns];
    int means = values.length * Short.BYTES;
    int deviations = means + rows * Float.BYTES;
    for (int i = 0; i < values.length; i++) {
      int row = i / columns;
      float mean = in.getFloat(means + row * Float.BYTES);
      float deviation = in.getFloat(deviations + row * Float.BYTES);
      values[i] = Float.float16ToFloat(in.getShort(i * Short.BYTES)) * deviation + mean;
    }
    return values;
  }

  private static long bytes(int rows, int columns) {
    return (long) rows * columns * Short.BYTES + 2L * rows * Float.BYTES;
  }
}
