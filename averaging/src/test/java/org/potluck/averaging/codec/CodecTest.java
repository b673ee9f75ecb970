package org.potluck.averaging.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What every codec promises, over random vectors of all sizes and magnitudes. */
class CodecTest {
  private static final List<Codec> CODECS =
      Arrays.stream(CodecId.values()).map(Codecs::of).toList();

  /** Those whose blocks do not depend on the chunk around them. */
  private static final List<Codec> BLOCKWISE =
      CODECS.stream().filter(codec -> codec.id() != CodecId.INT8_UNIFORM).toList();

  @Test
  void decodesWithinItsErrorBound() {
    for (int seed = 0; seed < 300; seed++) {
      float[] values = random(seed);
      float magnitude = VectorMath.magnitude(MemorySegment.ofArray(values), 0, values.length);
      for (Codec codec : CODECS) {
        float[] decoded = decode(codec, encode(codec, values, seed % 2 == 0), values.length);
        double bound = codec.errorBound(magnitude);
        for (int i = 0; i < values.length; i++) {
          assertThat(Math.abs((double) decoded[i] - values[i]))
              .as("seed %s, %s, value %s = %s", seed, codec.id(), i, values[i])
              .isLessThanOrEqualTo(bound);
        }
      }
    }
  }

  /** Where blocks, vectors of the processor and bytes begin and end, in place and staged. */
  @Test
  void keepsItsBoundAtEveryLengthAroundABlock() {
    for (int block : new int[] {0, 64, 128, 256, 512, 4096, 2 * 4096, 3 * 4096}) {
      for (int n = Math.max(0, block - 1); n <= block + 1; n++) {
        float[] values = random(n, n);
        float magnitude = VectorMath.magnitude(MemorySegment.ofArray(values), 0, n);
        for (Codec codec : CODECS) {
          ByteBuffer encoded = encode(codec, values, n % 2 == 0);
          ByteBuffer inPlace = ByteBuffer.allocateDirect(encoded.remaining());
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment vector = arena.allocate(4L * n + 4, 4);
            MemorySegment.copy(values, 0, vector, ValueLayout.JAVA_FLOAT, 0, n);
            assertThat(codec.encode(vector, 0, n, inPlace)).isTrue();
            assertThat(inPlace.flip()).as("%s values, %s", n, codec.id()).isEqualTo(encoded);
            codec.decode(inPlace, vector, 0, n);
            float[] decoded = decode(codec, encoded, n);
            for (int i = 0; i < n; i++) {
              float there = vector.getAtIndex(ValueLayout.JAVA_FLOAT, i);
              assertThat(there).as("%s of %s, %s", i, n, codec.id()).isEqualTo(decoded[i]);
              assertThat(Math.abs((double) there - values[i]))
                  .as("%s of %s, %s", i, n, codec.id())
                  .isLessThanOrEqualTo(codec.errorBound(magnitude));
            }
          }
          assertThat(codec.wellFormed(encoded, n)).isTrue();
          assertThat(codec.wellFormed(ByteBuffer.allocate(encoded.remaining() + 1), n)).isFalse();
        }
      }
    }
  }

  /** Zeros of both signs, subnormals and their neighbours, in blocks of nothing else and mixed. */
  @Test
  void keepsItsBoundForTheSmallestValues() {
    float[] smallest = {
      0f,
      -0f,
      Float.MIN_VALUE,
      -Float.MIN_VALUE,
      3 * Float.MIN_VALUE,
      0x1p-140f,
      -0x1.8p-127f,
      Float.MIN_NORMAL,
      Math.nextDown(Float.MIN_NORMAL),
      -Math.nextUp(Float.MIN_NORMAL),
      0x1p-118f,
      Math.nextDown(0x1p-118f)
    };
    for (int kinds = 1; kinds <= smallest.length; kinds++) {
      float[] values = new float[300];
      for (int i = 0; i < values.length; i++) {
        values[i] = smallest[i * 7 % kinds];
      }
      float magnitude = VectorMath.magnitude(MemorySegment.ofArray(values), 0, values.length);
      for (Codec codec : CODECS) {
        ByteBuffer encoded = encode(codec, values, false);
        assertThat(codec.wellFormed(encoded, values.length)).as("%s", codec.id()).isTrue();
        float[] decoded = decode(codec, encoded, values.length);
        for (int i = 0; i < values.length; i++) {
          assertThat(Math.abs((double) decoded[i] - values[i]))
              .as("%s of %s kinds, %s", values[i], kinds, codec.id())
              .isLessThanOrEqualTo(codec.errorBound(magnitude));
          if (codec.id() != CodecId.INT8_UNIFORM) {
            assertThat(decoded[i] * values[i]).as("%s", codec.id()).isGreaterThanOrEqualTo(0);
          }
        }
      }
    }
  }

  @Test
  void refusesScalesThatAreNone() {
    float[] none = {
      Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1, -Float.MIN_VALUE
    };
    float most = Float16ScaledCodec.SCALE_MAX;
    refusesScales(CodecId.FLOAT16_SCALED, Codec.BLOCK_VALUES, none, most);
    refusesScales(CodecId.INT8_BLOCKWISE, Codec.BLOCK_VALUES, none, Int8BlockwiseCodec.STEP_MAX);
    refusesScales(
        CodecId.INT4_BLOCKWISE, Int4BlockwiseCodec.BLOCK, none, Int4BlockwiseCodec.STEP_MAX);
  }

  /** In the first block, in one within and in the last, which is shorter. */
  private static void refusesScales(CodecId id, int block, float[] none, float most) {
    Codec codec = Codecs.of(id);
    int values = 2 * Codec.BLOCK_VALUES + 10;
    for (int each : new int[] {0, block, values / block * block}) {
      ByteBuffer encoded =
          ByteBuffer.allocate(codec.encodedBytes(values)).order(ByteOrder.LITTLE_ENDIAN);
      codec.encode(MemorySegment.ofArray(random(each, values)), 0, values, encoded);
      encoded.flip();
      int at = codec.encodedBytes(each);
      for (float scale : none) {
        encoded.putFloat(at, scale);
        assertThat(codec.wellFormed(encoded, values)).as("%s, %s", id, scale).isFalse();
      }
      encoded.putFloat(at, Math.nextUp(most));
      assertThat(codec.wellFormed(encoded, values)).as("%s", id).isFalse();
      for (float scale : new float[] {0, -0f, Float.MIN_VALUE, most}) {
        encoded.putFloat(at, scale);
        assertThat(codec.wellFormed(encoded, values)).as("%s, %s", id, scale).isTrue();
        float[] decoded = decode(codec, encoded, values);
        assertThat(VectorMath.allFinite(MemorySegment.ofArray(decoded), 0, values)).isTrue();
      }
    }
  }

  @Test
  void keepsSmallValuesBesideLargeOnesWhenScaled() {
    Codec codec = Codecs.of(CodecId.FLOAT16_SCALED);
    for (int seed = 0; seed < 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      double scale = Math.pow(2, random.nextInt(-80, 110));
      float[] values = new float[random.nextInt(1, Codec.BLOCK_VALUES)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (scale * random.nextGaussian() * Math.pow(2, -random.nextInt(45)));
      }
      float magnitude = VectorMath.magnitude(MemorySegment.ofArray(values), 0, values.length);
      float[] decoded = decode(codec, encode(codec, values, true), values.length);
      for (int i = 0; i < values.length; i++) {
        assertThat(Math.abs((double) decoded[i] - values[i]))
            .as("seed %s, value %s = %s", seed, i, values[i])
            .isLessThanOrEqualTo(Math.max(Math.abs(values[i]) * 0x1p-11, magnitude * 0x1p-39));
      }
    }
  }

  @Test
  void encodesTheSameBytesHoweverTheVectorIsCut() {
    for (int seed = 0; seed < 50; seed++) {
      float[] values = random(seed, 3 * Codec.BLOCK_VALUES + seed);
      for (Codec codec : BLOCKWISE) {
        ByteBuffer cut = ByteBuffer.allocate(codec.encodedBytes(values.length));
        MemorySegment vector = MemorySegment.ofArray(values);
        codec.encode(vector, 0, Codec.BLOCK_VALUES, cut);
        codec.encode(vector, Codec.BLOCK_VALUES, values.length - Codec.BLOCK_VALUES, cut);
        assertThat(cut.remaining()).isZero();
        assertThat(cut.flip())
            .as("seed %s, %s", seed, codec.id())
            .isEqualTo(encode(codec, values, true));
      }
    }
  }

  /** Whole blocks off the heap are encoded where they lie, and some of them two at a time. */
  @Test
  void encodesTheSameBytesWhereverTheValuesLie() {
    for (int seed = 0; seed < 40; seed++) {
      float[] values = random(seed, seed % 6 * Codec.BLOCK_VALUES + seed % 4 * 1000 + 1);
      // Blocks of zeros and of tiny values among others.
      Arrays.fill(values, 0, Math.min(values.length, seed % 3 * Codec.BLOCK_VALUES), seed % 2);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment vector = arena.allocate(values.length * 4L + 4, 4);
        MemorySegment.copy(values, 0, vector, ValueLayout.JAVA_FLOAT, 4, values.length);
        for (Codec codec : CODECS) {
          ByteBuffer target = ByteBuffer.allocateDirect(codec.encodedBytes(values.length));
          assertThat(codec.encode(vector, 1, values.length, target)).isTrue();
          assertThat(target.flip())
              .as("seed %s, %s", seed, codec.id())
              .isEqualTo(encode(codec, values, false));
        }
      }
    }
  }

  @Test
  void seesWhileEncodingThatAValueIsNotFinite() {
    SplittableRandom random = new SplittableRandom(9);
    float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    for (int i = 0; i < 120; i++) {
      float[] values = random(i, 1 + random.nextInt(4 * Codec.BLOCK_VALUES));
      int place = random.nextInt(values.length);
      values[place] = bad[i % 3];
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment heap = MemorySegment.ofArray(values);
        MemorySegment outside = arena.allocate(heap.byteSize(), 64).copyFrom(heap);
        for (Codec codec : CODECS) {
          int bytes = codec.encodedBytes(values.length);
          String what = "case " + i + ", " + codec.id() + ", place " + place;
          assertThat(codec.encode(heap, 0, values.length, ByteBuffer.allocate(bytes)))
              .as(what)
              .isFalse();
          assertThat(codec.encode(outside, 0, values.length, ByteBuffer.allocateDirect(bytes)))
              .as(what)
              .isFalse();
          assertThat(codec.encode(heap, 0, place, ByteBuffer.allocate(bytes))).as(what).isTrue();
        }
      }
    }
  }

  @Test
  void accumulatesWhatItDecodes() {
    for (int seed = 0; seed < 100; seed++) {
      float[] values = random(seed);
      SplittableRandom random = new SplittableRandom(seed);
      for (Codec codec : CODECS) {
        ByteBuffer encoded = encode(codec, values, seed % 2 == 0);
        float[] decoded = decode(codec, encoded, values.length);
        float weight = (float) random.nextDouble();
        float[] sums = new float[values.length];
        float[] expected = new float[values.length];
        for (int i = 0; i < values.length; i++) {
          sums[i] = expected[i] = (float) random.nextGaussian();
          expected[i] += weight * decoded[i];
        }
        codec.accumulate(encoded, weight, MemorySegment.ofArray(sums), 0, values.length);
        assertThat(sums).as("seed %s, %s", seed, codec.id()).isEqualTo(expected);
      }
    }
  }

  @Test
  void refusesEveryLengthButTheRightOne() {
    for (Codec codec : CODECS) {
      ByteBuffer encoded = encode(codec, new float[5000], false);
      assertThat(codec.wellFormed(encoded, 5000)).isTrue();
      // Coarse codecs take as many bytes for some other numbers of values.
      assertThat(codec.wellFormed(encoded, 4800)).as("%s", codec.id()).isFalse();
      assertThat(codec.wellFormed(encoded, 5200)).as("%s", codec.id()).isFalse();
      assertThat(codec.wellFormed(encoded, -1)).isFalse();
      ByteBuffer shorter = encoded.slice(0, encoded.remaining() - 1);
      assertThat(codec.wellFormed(shorter, 5000)).isFalse();
      assertThatThrownBy(() -> decode(codec, shorter, 5000))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void decodesRandomBytesToFiniteValuesOrRefusesThem() {
    int refused = 0;
    int accepted = 0;
    for (int seed = 0; seed < 3000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int values = 1 + random.nextInt(20);
      for (Codec codec : CODECS) {
        byte[] bytes = new byte[codec.encodedBytes(values)];
        random.nextBytes(bytes);
        if (codec.wellFormed(ByteBuffer.wrap(bytes), values)) {
          accepted++;
          float[] decoded = decode(codec, ByteBuffer.wrap(bytes), values);
          assertThat(VectorMath.allFinite(MemorySegment.ofArray(decoded), 0, values))
              .as("seed %s, %s", seed, codec.id())
              .isTrue();
        } else {
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(100);
    assertThat(accepted).isGreaterThan(100);
  }

  @Test
  void decodesChangedBytesToFiniteValuesOrRefusesThem() {
    int refused = 0;
    int accepted = 0;
    for (int seed = 0; seed < 2000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] values = random(seed, 1 + random.nextInt(5000));
      Codec codec = CODECS.get(seed % CODECS.size());
      byte[] bytes = new byte[codec.encodedBytes(values.length)];
      codec.encode(MemorySegment.ofArray(values), 0, values.length, ByteBuffer.wrap(bytes));
      for (int change = random.nextInt(1, 4); change > 0; change--) {
        bytes[random.nextInt(random.nextBoolean() ? bytes.length : Math.min(16, bytes.length))] =
            (byte) random.nextInt();
      }
      if (codec.wellFormed(ByteBuffer.wrap(bytes), values.length)) {
        accepted++;
        float[] decoded = decode(codec, ByteBuffer.wrap(bytes), values.length);
        assertThat(VectorMath.allFinite(MemorySegment.ofArray(decoded), 0, decoded.length))
            .as("seed %s, %s", seed, codec.id())
            .isTrue();
        codec.accumulate(
            ByteBuffer.wrap(bytes), 1, MemorySegment.ofArray(decoded), 0, decoded.length);
      } else {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(100);
    assertThat(accepted).isGreaterThan(100);
  }

  @Test
  void hasItsExactLengthForEveryNumberOfValues() {
    for (Codec codec : CODECS) {
      for (int n = 0; n < 700; n++) {
        ByteBuffer encoded = encode(codec, random(n, n), n % 2 == 0);
        assertThat(codec.wellFormed(encoded, n)).as("%s of %s", n, codec.id()).isTrue();
        assertThat(decode(codec, encoded, n)).hasSize(n);
        ByteBuffer longer = ByteBuffer.allocate(encoded.remaining() + 1);
        assertThat(codec.wellFormed(longer, n)).as("%s of %s", n, codec.id()).isFalse();
      }
      int million = codec.encodedBytes(1 << 20);
      assertThat(million / 0x1p20)
          .as("%s", codec.id())
          .isCloseTo(codec.id().bytesPerValue(), within(0.001));
    }
  }

  @Test
  void keepsExtremeButFiniteValuesFinite() {
    float[] values = {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, -0f, 1e-38f, 1};
    for (Codec codec : CODECS) {
      ByteBuffer encoded = encode(codec, values, false);
      assertThat(codec.wellFormed(encoded, values.length)).as("%s", codec.id()).isTrue();
    }
  }

  @Test
  void writesTheDocumentedLayouts() {
    float[] values = {1, -2, 3.5f, .25f, 1e6f, -1e-8f};
    assertThat(hex(encode(Codecs.of(CodecId.NONE), values, false)))
        .isEqualTo("0000803f000000c0000060400000803e0024744977cc2bb2");
    assertThat(hex(encode(Codecs.of(CodecId.FLOAT16), values, false)))
        .isEqualTo("003c00c000430034ff7b0080");
    float[] small = {127, -127, 0, 1, 2.5f, 3.5f, -0.5f, -64};
    assertThat(hex(encode(Codecs.of(CodecId.INT8_BLOCKWISE), small, false)))
        .isEqualTo("0000803f" + "7f810001020400c0");
  }

  @Test
  void writesTheDocumentedLayoutsOfCoarseCodecs() {
    float[] values = {1, -2, 3.5f, .25f, 1e6f, -1e-8f};
    // 1e6 has exponent 19, so the scale is 2^5.
    assertThat(hex(encode(Codecs.of(CodecId.FLOAT16_SCALED), values, false)))
        .isEqualTo("00000042" + "0028" + "00ac" + "002f" + "0020" + "a177" + "0080");
    float[] block = new float[130];
    block[0] = 7;
    block[1] = -7;
    block[2] = 2.5f;
    block[128] = 3.5f;
    block[129] = -1;
    assertThat(hex(encode(Codecs.of(CodecId.INT4_BLOCKWISE), block, false)))
        .isEqualTo("0000803f" + "47" + "f9" + "02" + "00".repeat(125));
    float[] sparse = new float[192];
    sparse[5] = -3;
    sparse[66] = 1;
    sparse[67] = .5f;
    sparse[191] = 3;
    // Kept: 5, 66 and 191. Levels 1 and 3.
    assertThat(hex(encode(Codecs.of(CodecId.SPARSE), sparse, false)))
        .isEqualTo("0000803f" + "00004040" + "052004" + "bf00" + "13");
  }

  @Test
  void matchesPlainArithmeticInt8() {
    for (int seed = 0; seed < 100; seed++) {
      float[] values = random(seed, 1 + seed * 7);
      float magnitude = VectorMath.magnitude(MemorySegment.ofArray(values), 0, values.length);
      ByteBuffer encoded = encode(Codecs.of(CodecId.INT8_BLOCKWISE), values, true);
      for (int i = 0; i < values.length; i++) {
        float inverse = magnitude < Int8BlockwiseCodec.TINY ? 0 : 127 / magnitude;
        assertThat(encoded.get(4 + i))
            .as("seed %s, value %s", seed, i)
            .isEqualTo((byte) Math.rint(values[i] * inverse));
      }
    }
  }

  @Test
  void findsTheOneValueThatIsNotFinite() {
    SplittableRandom random = new SplittableRandom(7);
    float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    for (int i = 0; i < 500; i++) {
      float[] values = random(i, 1 + random.nextInt(9000));
      MemorySegment vector = MemorySegment.ofArray(values);
      assertThat(VectorMath.allFinite(vector, 0, values.length)).isTrue();
      values[random.nextInt(values.length)] = bad[i % 3];
      assertThat(VectorMath.allFinite(vector, 0, values.length)).as("case %s", i).isFalse();
    }
  }

  @Test
  void measuresAndScalesVectors() {
    float[] values = new float[10_000];
    values[0] = 3;
    values[9_999] = 4;
    MemorySegment vector = MemorySegment.ofArray(values);
    assertThat(VectorMath.norm(vector, 0, 10_000)).isEqualTo(5);
    VectorMath.scale(vector, 0, 10_000, 2);
    assertThat(VectorMath.norm(vector, 0, 10_000)).isEqualTo(10);
    assertThat(VectorMath.norm(vector, 1, 9_998)).isZero();
  }

  private static String hex(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return HexFormat.of().formatHex(copy);
  }

  private static float[] random(long seed) {
    return random(seed, 1 + new SplittableRandom(seed).nextInt(10_000));
  }

  private static float[] random(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    double scale = Math.pow(10, random.nextInt(-42, 38));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) Math.clamp(random.nextGaussian() * scale, -0x1p126, 0x1p126);
    }
    return values;
  }

  private static ByteBuffer encode(Codec codec, float[] values, boolean direct) {
    int bytes = codec.encodedBytes(values.length);
    // An odd offset: nobody may count on aligned chunks.
    ByteBuffer target =
        direct ? ByteBuffer.allocateDirect(bytes + 3) : ByteBuffer.allocate(bytes + 3);
    target.position(3);
    codec.encode(MemorySegment.ofArray(values), 0, values.length, target);
    assertThat(target.position()).isEqualTo(bytes + 3);
    return target.position(3).slice().asReadOnlyBuffer();
  }

  private static float[] decode(Codec codec, ByteBuffer encoded, int values) {
    int before = encoded.position();
    float[] target = new float[values + 2];
    codec.decode(encoded, MemorySegment.ofArray(target), 1, values);
    assertThat(encoded.position()).isEqualTo(before);
    assertThat(target[0]).isZero();
    assertThat(target[values + 1]).isZero();
    return MemorySegment.ofArray(target).asSlice(4, values * 4L).toArray(ValueLayout.JAVA_FLOAT);
  }
}
