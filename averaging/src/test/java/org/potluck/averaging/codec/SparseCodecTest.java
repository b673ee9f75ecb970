package org.potluck.averaging.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SparseCodecTest {
  private static final Codec SPARSE = Codecs.of(CodecId.SPARSE);

  @Test
  void keepsTheLargestOfEachBlockAndOfEqualOnesTheFirst() {
    for (int seed = 0; seed < 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int n = random.nextInt(1, Codec.BLOCK_VALUES + 1);
      int distinct = random.nextInt(2, 10_000);
      float[] values = new float[n];
      for (int i = 0; i < n; i++) {
        double magnitude =
            seed % 2 == 0
                ? random.nextInt(1, distinct)
                : Math.ceil(Math.abs(random.nextGaussian()) * distinct + 0.1);
        values[i] = (float) (magnitude * (random.nextBoolean() ? 1 : -1));
      }
      if (seed % 4 > 1) {
        values[n / 2] *= 1e4f;
      }
      int kept = Math.ceilDiv(n, 64);
      List<Integer> expected =
          IntStream.range(0, n)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -Math.abs(values[i])))
              .limit(kept)
              .sorted()
              .toList();
      float[] decoded = roundTrip(values);
      List<Integer> actual = IntStream.range(0, n).filter(i -> decoded[i] != 0).boxed().toList();
      assertThat(actual).as("seed %s, %s values", seed, n).isEqualTo(expected);
      for (int i : actual) {
        assertThat(Math.signum(decoded[i])).isEqualTo(Math.signum(values[i]));
      }
    }
  }

  @Test
  void isNeverFartherFromABlockThanZeroIs() {
    for (int seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] values = new float[random.nextInt(1, 9000)];
      int power = random.nextInt(1, 9);
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) Math.pow(random.nextGaussian(), power);
      }
      float[] decoded = roundTrip(values);
      double error = 0;
      double norm = 0;
      for (int i = 0; i < values.length; i++) {
        error += ((double) values[i] - decoded[i]) * ((double) values[i] - decoded[i]);
        norm += (double) values[i] * values[i];
      }
      assertThat(error).as("seed %s", seed).isLessThan(norm * (1 - 1.0 / 128));
    }
  }

  @Test
  void givesBackWhatItHasDecoded() {
    for (int seed = 0; seed < 100; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] values = new float[random.nextInt(1, 9000)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      float[] decoded = roundTrip(values);
      assertThat(roundTrip(decoded)).as("seed %s", seed).isEqualTo(decoded);
    }
  }

  @Test
  void twoLevelsFollowTwoClusters() {
    float[] values = new float[256];
    values[3] = 10;
    values[100] = -12;
    values[101] = 1;
    values[255] = -3;
    float[] decoded = roundTrip(values);
    assertThat(decoded[3]).isEqualTo(11);
    assertThat(decoded[100]).isEqualTo(-11);
    assertThat(decoded[101]).isEqualTo(2);
    assertThat(decoded[255]).isEqualTo(-2);
  }

  @Test
  void refusesIndicesThatRepeatDescendOrLieOutside() {
    ByteBuffer good = encode(new float[200]);
    assertThat(SPARSE.wellFormed(good, 200)).isTrue();
    // Four indices, six bytes from byte 8: 0, 1, 2, 3.
    for (int[] indices :
        new int[][] {{0, 0, 2, 3}, {1, 0, 2, 3}, {0, 1, 2, 200}, {0, 1, 4095, 4095}}) {
      ByteBuffer bad = copy(good);
      for (int pair = 0; pair < 2; pair++) {
        int bits = indices[2 * pair] | indices[2 * pair + 1] << 12;
        bad.put(8 + 3 * pair, (byte) bits);
        bad.put(9 + 3 * pair, (byte) (bits >> 8));
        bad.put(10 + 3 * pair, (byte) (bits >> 16));
      }
      assertThat(SPARSE.wellFormed(bad, 200)).as(Arrays.toString(indices)).isFalse();
    }
  }

  @Test
  void refusesLevelsThatAreNoMagnitudes() {
    float[][] levels = {
      {Float.NaN, 1}, {0, Float.NaN}, {-1, 1}, {2, 1}, {0, Float.POSITIVE_INFINITY}, {-2, -1}
    };
    for (float[] pair : levels) {
      ByteBuffer bad = copy(encode(new float[200]));
      bad.putFloat(0, pair[0]).putFloat(4, pair[1]);
      assertThat(SPARSE.wellFormed(bad, 200)).as(Arrays.toString(pair)).isFalse();
    }
  }

  @Test
  void refusesUnusedBitsThatAreSet() {
    ByteBuffer encoded = encode(new float[64]);
    assertThat(encoded.remaining()).isEqualTo(11);
    for (int bit = 12; bit < 24; bit++) {
      boolean isCode = bit == 16 || bit == 17;
      ByteBuffer changed = copy(encoded);
      int at = 8 + bit / 8;
      changed.put(at, (byte) (changed.get(at) ^ 1 << bit % 8));
      assertThat(SPARSE.wellFormed(changed, 64)).as("bit %s", bit).isEqualTo(isCode);
    }
  }

  private static ByteBuffer encode(float[] values) {
    ByteBuffer encoded = ByteBuffer.allocate(SPARSE.encodedBytes(values.length));
    SPARSE.encode(MemorySegment.ofArray(values), 0, values.length, encoded);
    return encoded.flip();
  }

  private static ByteBuffer copy(ByteBuffer bytes) {
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    return copy.put(bytes.duplicate()).flip();
  }

  private static float[] roundTrip(float[] values) {
    float[] decoded = new float[values.length];
    SPARSE.decode(encode(values), MemorySegment.ofArray(decoded), 0, values.length);
    return decoded;
  }
}
