package org.potluck.averaging.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;

class ReductionTest {
  private static final Codec CODEC = Codecs.of(CodecId.NONE);
  private static final int NOBODY = -1;

  @Test
  void givesTheWeightedMeanOfWhatCame() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int members = 1 + random.nextInt(8);
      int values = 1 + random.nextInt(500);
      int self = random.nextInt(members);
      List<Double> weights = new ArrayList<>();
      List<float[]> contributions = new ArrayList<>();
      @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[members];
      double came = 0;
      double[] expected = new double[values];
      for (int i = 0; i < members; i++) {
        weights.add(random.nextInt(4) == 0 ? 0.0 : random.nextDouble() * 1000);
        contributions.add(vector(random, values));
        boolean comes = i == self || random.nextInt(5) > 0;
        if (comes) {
          received[i] = i == self ? null : encode(contributions.get(i));
          came += weights.get(i);
          for (int v = 0; v < values; v++) {
            expected[v] += weights.get(i) * contributions.get(i)[v];
          }
        }
      }
      Aggregator.Mean mean =
          new Reduction(Collections.nCopies(weights.size(), CODEC), weights, values + 3)
              .reduce(received, self, MemorySegment.ofArray(contributions.get(self)), 0, values);
      assertThat(mean.weight()).as("seed %d", seed).isCloseTo(came, within(1e-9));
      Offset<Double> tolerance = within(2e-4);
      for (int v = 0; came > 0 && v < values; v++) {
        assertThat((double) mean.values().getAtIndex(ValueLayout.JAVA_FLOAT, v))
            .as("seed %d, value %d", seed, v)
            .isCloseTo(expected[v] / came, tolerance);
      }
    }
  }

  @Test
  void theMeanOfEqualVectorsIsThatVector() {
    Random random = new Random(5);
    for (int members = 1; members < 12; members++) {
      List<Double> weights = new ArrayList<>();
      @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[members];
      for (int i = 0; i < members; i++) {
        weights.add(1.0 + random.nextInt(64));
        received[i] = encode(3, -0.5f);
      }
      float[] mean = mean(weights, received, 2);
      assertThat(mean[0]).as("%d members", members).isCloseTo(3, within(1e-6f));
      assertThat(mean[1]).as("%d members", members).isCloseTo(-0.5f, within(1e-6f));
    }
  }

  @Test
  void averagesHugeValuesWithHugeWeights() {
    float[] mean =
        mean(List.of(1e30, 1e30), new ByteBuffer[] {encode(Float.MAX_VALUE), encode(3e38f)}, 1);
    assertThat(mean[0]).isBetween(3.19e38f, Float.MAX_VALUE);
  }

  @Test
  void aSmallWeightThatIsLeftAloneKeepsItsPrecision() {
    assertThat(mean(List.of(1e30, 1e-9), new @Nullable ByteBuffer[] {null, encode(1e-12f)}, 1))
        .containsExactly(1e-12f);
  }

  @Test
  void nobodyWithWeightGivesNoWeight() {
    Aggregator.Mean mean =
        new Reduction(Collections.nCopies(2, CODEC), List.of(0.0, 3.0), 1)
            .reduce(
                new @Nullable ByteBuffer[] {encode(1), null},
                0,
                MemorySegment.ofArray(new float[] {Float.NaN}),
                0,
                1);
    assertThat(mean.weight()).isZero();
  }

  @Test
  void oneChunkLeavesNothingToTheNext() {
    Reduction reduction = new Reduction(List.of(CODEC), List.of(2.0), 2);
    for (float value : new float[] {5, 3}) {
      @Nullable ByteBuffer[] received = {encode(value, -value)};
      assertThat(
              reduction
                  .reduce(received, NOBODY, MemorySegment.NULL, 0, 2)
                  .values()
                  .toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(value, -value);
    }
  }

  @Test
  void refusesWeightsThatAreNone() {
    for (List<Double> weights :
        List.of(
            List.of(-1.0),
            List.of(Double.NaN),
            List.of(1.0, Double.POSITIVE_INFINITY),
            List.of(1e308, 1e308, 1e308))) {
      assertThatThrownBy(
              () -> new Reduction(Collections.nCopies(weights.size(), CODEC), weights, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static float[] mean(List<Double> weights, @Nullable ByteBuffer[] received, int values) {
    return new Reduction(Collections.nCopies(weights.size(), CODEC), weights, values)
        .reduce(received, NOBODY, MemorySegment.NULL, 0, values)
        .values()
        .toArray(ValueLayout.JAVA_FLOAT);
  }

  private static ByteBuffer encode(float... values) {
    ByteBuffer target = ByteBuffer.allocate(CODEC.encodedBytes(values.length));
    CODEC.encode(MemorySegment.ofArray(values), 0, values.length, target);
    return target.flip();
  }

  private static float[] vector(Random random, int values) {
    float[] vector = new float[values];
    for (int i = 0; i < values; i++) {
      vector[i] = (float) (random.nextGaussian() * 100);
    }
    return vector;
  }
}
