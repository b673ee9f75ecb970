package org.potluck.averaging.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;

class CenteredClipTest {
  private static final Codec CODEC = Codecs.of(CodecId.NONE);
  private static final int VALUES = 400;
  private static final int NOBODY = -1;

  @Test
  void withAWideRadiusItIsTheWeightedMean() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      float[][] vectors = honest(random, 7);
      List<Double> weights = weights(random, 7);
      float[] mean = reduce(Aggregation.MEAN, weights, vectors, NOBODY);
      float[] clipped = reduce(new Aggregation.CenteredClip(1e6, 20), weights, vectors, NOBODY);
      assertThat(distance(mean, clipped)).as("seed %d", seed).isLessThan(1e-4);
    }
  }

  @Test
  void aThirdOfLiarsMovesItLittle() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      float[][] vectors = honest(random, 10);
      List<Double> equal = IntStream.range(0, 10).mapToObj(i -> 8.0).toList();
      float[] before = reduce(Aggregation.CenteredClip.USUAL, equal, vectors, NOBODY);
      double spread = distance(before, vectors[0]);
      for (int liar = 0; liar < 3; liar++) {
        for (int v = 0; v < VALUES; v++) {
          vectors[liar][v] *= -100;
        }
      }
      float[] after = reduce(Aggregation.CenteredClip.USUAL, equal, vectors, NOBODY);
      float[] mean = reduce(Aggregation.MEAN, equal, vectors, NOBODY);
      assertThat(distance(before, after)).as("seed %d", seed).isLessThan(spread);
      assertThat(distance(before, mean)).as("seed %d", seed).isGreaterThan(20 * spread);
    }
  }

  @Test
  void whatCameInWhicheverOrderGivesTheSameBits() {
    Random random = new Random(3);
    float[][] vectors = honest(random, 6);
    List<Double> weights = weights(random, 6);
    Aggregation clip = Aggregation.CenteredClip.USUAL;
    float[] first = reduce(clip, weights, vectors, 2);
    assertThat(reduce(clip, weights, vectors, 2)).isEqualTo(first);
    assertThat(reduce(clip, weights, vectors, NOBODY))
        .as("own bits do not travel here")
        .isEqualTo(first);
  }

  @Test
  void equalVectorsStayWhatTheyAre() {
    float[] one = new float[VALUES];
    Arrays.fill(one, 0.25f);
    float[][] vectors = {one, one.clone(), one.clone()};
    List<Double> weights = List.of(1.0, 2.0, 3.0);
    assertThat(reduce(Aggregation.CenteredClip.USUAL, weights, vectors, NOBODY)).isEqualTo(one);
  }

  @Test
  void takesWhatIsThere() {
    @Nullable ByteBuffer[] received = {null, encode(new float[] {2, 4}), null};
    Aggregator.Mean mean =
        new CenteredClip(
                Collections.nCopies(3, CODEC),
                List.of(1.0, 5.0, 1.0),
                2,
                Aggregation.CenteredClip.USUAL)
            .reduce(received, NOBODY, MemorySegment.ofArray(new float[0]), 0, 2);
    assertThat(mean.weight()).isEqualTo(5, within(1e-9));
    assertThat(mean.values().getAtIndex(ValueLayout.JAVA_FLOAT, 1)).isEqualTo(4);
  }

  /**
   * From the median, 2, the members are 2, 1, 1 and 98 away, in the median 1.5: so far each pulls
   * at most, with a sixth of that but the last one, who has half of all weight.
   */
  @Test
  void oneIterationIsTheMeanOfWhatIsLeftOfTheDifferences() {
    List<Double> weights = List.of(1.0, 1.0, 1.0, 3.0);
    assertThat(clipped(1, 1, weights, 0, 1, 3, 100)).isCloseTo(2.5f, within(1e-6f));
    assertThat(clipped(2, 1, weights, 0, 1, 3, 100)).isCloseTo(2 + 7 / 6f, within(1e-6f));
    assertThat(clipped(1, 2, weights, 0, 1, 3, 100)).isCloseTo(2.5f + 2 / 6f, within(1e-6f));
    assertThat(clipped(1, 1000, weights, 0, 1, 3, 100))
        .as("where the last pulls as hard as all others")
        .isCloseTo(4.5f, within(1e-4f));
  }

  @Test
  void whoHasNoWeightDoesNotMoveTheMedian() {
    assertThat(clipped(0.1, 1, List.of(0.0, 1.0, 1.0), 1000, 1, 2)).isEqualTo(1.5f);
  }

  @Test
  void termsThatAreNoneAreRefused() {
    new Aggregation.CenteredClip(1e-9, 1);
    new Aggregation.CenteredClip(1e9, 1000);
    for (double radius : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new Aggregation.CenteredClip(radius, 20))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (int iterations : new int[] {0, 1001}) {
      assertThatThrownBy(() -> new Aggregation.CenteredClip(1, iterations))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** Of one value from each member. */
  private static float clipped(
      double radius, int iterations, List<Double> weights, float... values) {
    @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[values.length];
    for (int member = 0; member < values.length; member++) {
      received[member] = encode(values[member]);
    }
    return new Aggregation.CenteredClip(radius, iterations)
        .aggregator(Collections.nCopies(values.length, CODEC), weights, 1)
        .reduce(received, NOBODY, MemorySegment.NULL, 0, 1)
        .values()
        .getAtIndex(ValueLayout.JAVA_FLOAT, 0);
  }

  private static float[] reduce(
      Aggregation kind, List<Double> weights, float[][] vectors, int self) {
    @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[vectors.length];
    for (int i = 0; i < vectors.length; i++) {
      received[i] = i == self ? null : encode(vectors[i]);
    }
    MemorySegment own = MemorySegment.ofArray(self < 0 ? new float[0] : vectors[self]);
    Aggregator.Mean mean =
        kind.aggregator(Collections.nCopies(weights.size(), CODEC), weights, VALUES)
            .reduce(received, self, own, 0, VALUES);
    return mean.values().toArray(ValueLayout.JAVA_FLOAT);
  }

  /** Two parts noise to one part of what all agree on. */
  private static float[][] honest(Random random, int count) {
    float[][] vectors = new float[count][VALUES];
    for (int v = 0; v < VALUES; v++) {
      double common = random.nextGaussian();
      for (float[] vector : vectors) {
        vector[v] = (float) (common + 2 * random.nextGaussian());
      }
    }
    return vectors;
  }

  private static List<Double> weights(Random random, int count) {
    return IntStream.range(0, count).mapToObj(i -> 1.0 + random.nextInt(32)).toList();
  }

  private static double distance(float[] one, float[] other) {
    double squares = 0;
    for (int v = 0; v < VALUES; v++) {
      squares += Math.pow((double) one[v] - other[v], 2);
    }
    return Math.sqrt(squares);
  }

  private static ByteBuffer encode(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(CODEC.encodedBytes(values.length));
    CODEC.encode(MemorySegment.ofArray(values), 0, values.length, bytes);
    return bytes.flip();
  }
}
