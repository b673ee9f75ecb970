package org.potluck.averaging.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;

class SpanAccumulatorTest {
  private static final Codec CODEC = Codecs.of(CodecId.NONE);

  @Test
  void givesTheSameBitsInEveryOrderOfArrival() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int members = 1 + random.nextInt(8);
      int values = 1 + random.nextInt(500);
      List<Double> weights = new ArrayList<>();
      List<float[]> contributions = new ArrayList<>();
      List<Integer> order = new ArrayList<>();
      List<Boolean> comes = new ArrayList<>();
      for (int i = 0; i < members; i++) {
        weights.add(random.nextInt(4) == 0 ? 0.0 : random.nextDouble() * 1000);
        contributions.add(vector(random, values));
        order.add(i);
        comes.add(random.nextInt(5) > 0);
      }
      float[] first = average(weights, contributions, comes, order);
      for (int shuffle = 0; shuffle < 5; shuffle++) {
        Collections.shuffle(order, random);
        assertThat(average(weights, contributions, comes, order))
            .as("seed %s", seed)
            .isEqualTo(first);
      }
      for (int i = 0; i < values; i++) {
        double sum = 0;
        double weight = 0;
        for (int m = 0; m < members; m++) {
          if (comes.get(m)) {
            sum += weights.get(m) * contributions.get(m)[i];
            weight += weights.get(m);
          }
        }
        double expected = weight == 0 ? 0 : sum / weight;
        assertThat((double) first[i]).as("seed %s", seed).isCloseTo(expected, within(2e-4));
      }
    }
  }

  @Test
  void averagesHugeValuesWithHugeWeights() {
    float[] sum = new float[1];
    SpanAccumulator accumulator =
        new SpanAccumulator(CODEC, List.of(1e30, 1e30), MemorySegment.ofArray(sum), 1);
    accumulator.add(1, encode(Float.MAX_VALUE));
    accumulator.add(0, encode(Float.MAX_VALUE));
    assertThat(accumulator.finish()).isEqualTo(2e30);
    assertThat(sum[0]).isEqualTo(Float.MAX_VALUE);
  }

  @Test
  void leavesZerosAndNoWeightWhenNobodyContributes() {
    float[] sum = {Float.NaN, 5};
    SpanAccumulator accumulator =
        new SpanAccumulator(CODEC, List.of(0.0, 3.0), MemorySegment.ofArray(sum), 2);
    assertThat(accumulator.awaits(0)).isFalse();
    assertThat(accumulator.skip(1)).isTrue();
    assertThat(accumulator.skip(1)).isFalse();
    assertThat(accumulator.finish()).isZero();
    assertThat(sum).containsExactly(0, 0);

    SpanAccumulator weightless =
        new SpanAccumulator(CODEC, List.of(0.0, 0.0), MemorySegment.ofArray(sum), 2);
    assertThat(weightless.isComplete()).isTrue();
    assertThat(weightless.finish()).isZero();
  }

  @Test
  void refusesASecondChunkAndAnEarlyFinish() {
    float[] sum = new float[1];
    SpanAccumulator accumulator =
        new SpanAccumulator(CODEC, List.of(1.0, 1.0), MemorySegment.ofArray(sum), 1);
    accumulator.add(1, encode(3));
    assertThat(accumulator.heldBytes()).isEqualTo(4);
    assertThatThrownBy(() -> accumulator.add(1, encode(3)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(accumulator::finish).isInstanceOf(IllegalStateException.class);
    accumulator.add(0, encode(1));
    assertThat(accumulator.heldBytes()).isZero();
    assertThat(accumulator.finish()).isEqualTo(2);
    assertThat(sum[0]).isEqualTo(2);
    assertThatThrownBy(accumulator::finish).isInstanceOf(IllegalStateException.class);
  }

  private static float[] average(
      List<Double> weights, List<float[]> contributions, List<Boolean> comes, List<Integer> order) {
    int values = contributions.getFirst().length;
    float[] sum = new float[values];
    SpanAccumulator accumulator =
        new SpanAccumulator(CODEC, weights, MemorySegment.ofArray(sum), values);
    for (int member : order) {
      if (!accumulator.awaits(member)) {
        assertThat(weights.get(member)).isZero();
      } else if (comes.get(member)) {
        accumulator.add(member, encode(contributions.get(member)));
      } else {
        accumulator.skip(member);
      }
    }
    assertThat(accumulator.isComplete()).isTrue();
    accumulator.finish();
    return sum;
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
