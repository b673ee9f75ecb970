package org.potluck.averaging.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Against buffers that hivemind itself wrote (version 1.2.0.dev0). */
class HivemindCompressionTest {
  private static final float[] TENSOR = {1, -2, 3.5f, .25f, 1e6f, -1e-8f};
  private static final int ROWS = 2;
  private static final int COLUMNS = 3;

  @Test
  void writesTheBytesThatHivemindWrites() {
    assertThat(hex(HivemindCompression.NONE, 0))
        .isEqualTo("0000803f000000c0000060400000803e0024744977cc2bb2");
    assertThat(hex(HivemindCompression.FLOAT16, 0)).isEqualTo("003c00c000430034ff7b0080");
    assertThat(hex(HivemindCompression.MEANSTD_16BIT, 0))
        .isEqualTo("be2c0abdbe3ca8b9a83da8b95555553fadc2a248b5e60f408f2de648");
  }

  @Test
  void sortsValuesIntoHivemindsBuckets() {
    assertThat(hex(HivemindCompression.UNIFORM_8BIT, 1032)).isEqualTo("6f6f6f6fd76f");
    assertThat(hex(HivemindCompression.QUANTILE_8BIT, 1032)).isEqualTo("9900cc66ff33");
    for (HivemindCompression form :
        new HivemindCompression[] {
          HivemindCompression.UNIFORM_8BIT, HivemindCompression.QUANTILE_8BIT
        }) {
      ByteBuffer buffer = form.encode(TENSOR, COLUMNS).order(ByteOrder.LITTLE_ENDIAN);
      assertThat(buffer.remaining()).isEqualTo(1038);
      assertThat(buffer.getLong(0)).isEqualTo(256);
    }
    // Each value has a bucket of its own.
    assertThat(
            HivemindCompression.QUANTILE_8BIT.decode(
                HivemindCompression.QUANTILE_8BIT.encode(TENSOR, COLUMNS), ROWS, COLUMNS))
        .contains(TENSOR);
  }

  /** hivemind's own tests ask for these mean square errors. */
  @Test
  void readsWhatItWrites() {
    SplittableRandom random = new SplittableRandom(5);
    float[] values = new float[128 * 500];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    for (HivemindCompression form : HivemindCompression.values()) {
      float[] decoded = form.decode(form.encode(values, 500), 128, 500).orElseThrow();
      double error = 0;
      for (int i = 0; i < values.length; i++) {
        error += Math.pow(values[i] - decoded[i], 2) / values.length;
      }
      boolean eightBit = form.name().endsWith("8BIT");
      assertThat(error).as("%s", form).isLessThan(eightBit ? 8e-4 : 5e-8);
    }
  }

  @Test
  void readsATableOfAnySizeUpTo256() {
    ByteBuffer buffer = ByteBuffer.allocate(16 + 4 + 2 * 4 + 3).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(1).putLong(2).putFloat(8).putFloat(-1).putFloat(.5f);
    buffer.put(new byte[] {1, 0, 1}).flip();
    assertThat(HivemindCompression.BLOCKWISE_8BIT.decode(buffer, 1, 3))
        .contains(new float[] {4, -8, 4});
    buffer.put(28, (byte) 2);
    assertThat(HivemindCompression.BLOCKWISE_8BIT.decode(buffer, 1, 3)).isEmpty();
  }

  @Test
  void refusesEveryOtherLengthAndShape() {
    for (HivemindCompression form : HivemindCompression.values()) {
      ByteBuffer buffer = form.encode(TENSOR, COLUMNS);
      for (int length = 0; length < buffer.remaining(); length++) {
        assertThat(form.decode(buffer.slice(0, length), ROWS, COLUMNS)).as("%s", form).isEmpty();
      }
      ByteBuffer longer = ByteBuffer.allocate(buffer.remaining() + 1).put(buffer.slice()).rewind();
      assertThat(form.decode(longer, ROWS, COLUMNS)).as("%s", form).isEmpty();
      assertThat(form.decode(buffer, ROWS, 4)).as("%s", form).isEmpty();
      assertThat(form.decode(buffer, 0, COLUMNS)).as("%s", form).isEmpty();
      assertThat(form.decode(buffer, -2, -3)).as("%s", form).isEmpty();
      assertThat(form.decode(buffer, 1 << 20, 1 << 20)).as("%s", form).isEmpty();
    }
  }

  @Test
  void changedBytesAreFiniteValuesOrRefused() {
    int refused = 0;
    for (int seed = 0; seed < 5000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      HivemindCompression form = HivemindCompression.ofWireNumber(seed % 6).orElseThrow();
      ByteBuffer encoded = form.encode(TENSOR, COLUMNS);
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      for (int i = 0; i < 3; i++) {
        bytes[random.nextInt(random.nextBoolean() ? bytes.length : 16) % bytes.length] =
            (byte) random.nextInt();
      }
      var decoded = form.decode(ByteBuffer.wrap(bytes), ROWS, COLUMNS);
      refused += decoded.isEmpty() ? 1 : 0;
      decoded.ifPresent(
          values -> {
            for (float value : values) {
              assertThat(Float.isFinite(value)).isTrue();
            }
          });
    }
    assertThat(refused).isBetween(100, 4900);
  }

  @Test
  void hasHivemindsNumbers() {
    assertThat(HivemindCompression.ofWireNumber(5)).contains(HivemindCompression.BLOCKWISE_8BIT);
    assertThat(HivemindCompression.ofWireNumber(1)).contains(HivemindCompression.MEANSTD_16BIT);
    assertThat(HivemindCompression.ofWireNumber(6)).isEmpty();
    assertThat(HivemindCompression.ofWireNumber(-1)).isEmpty();
  }

  private static String hex(HivemindCompression form, int from) {
    ByteBuffer buffer = form.encode(TENSOR, COLUMNS);
    byte[] bytes = new byte[buffer.remaining() - from];
    buffer.get(from, bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
