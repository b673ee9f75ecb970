package org.potluck.averaging.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;

/**
 * What is measured of contributions, against what is worked out here by the definition, in float64
 * and one vector after the other.
 */
class InspectorTest {
  private static final int MEMBERS = 5;
  private static final int VALUES = 300;
  private static final int FROM = 1001;
  private static final int STRIDE = 3;

  /** Of the vector, at every third place from its first on, the first of the chunk is 1002. */
  private static final int OFFSET = 1;

  private static final int SELF = 1;
  private static final Codec CODEC = Codecs.of(CodecId.NONE);

  private final double[][] brought = new double[MEMBERS][];
  private final double[][] before = new double[2][];
  private final Inspector inspector =
      new Inspector(IntStream.range(0, MEMBERS).mapToObj(_ -> CODEC).toList(), VALUES);
  private final Inspector.Chunk chunk;
  private final Inspector.Earlier earlier;
  private final double[] norms;

  InspectorTest() {
    Random random = new Random(1);
    double[] common = noise(random, 1);
    for (int member = 0; member < MEMBERS; member++) {
      brought[member] = plus(common, noise(random, 1), member == 3 ? 7 : 1);
    }
    List<float[]> averages =
        IntStream.range(0, before.length)
            .mapToObj(
                round -> {
                  float[] average = new float[2000 / STRIDE];
                  before[round] = new double[VALUES / STRIDE];
                  for (int i = 0; i < average.length; i++) {
                    average[i] = (float) random.nextGaussian();
                  }
                  for (int i = 0; i < before[round].length; i++) {
                    before[round][i] = average[(FROM + OFFSET) / STRIDE + i];
                  }
                  return average;
                })
            .toList();
    earlier = new Inspector.Earlier(STRIDE, averages);
    @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[MEMBERS];
    for (int member = 0; member < MEMBERS; member++) {
      received[member] = member == SELF ? null : encoded(brought[member]);
    }
    float[] own = new float[FROM + VALUES];
    for (int i = 0; i < VALUES; i++) {
      own[FROM + i] = (float) brought[SELF][i];
    }
    chunk = new Inspector.Chunk(received, SELF, MemorySegment.ofArray(own), FROM, VALUES);
    norms = inspector.lengths(chunk, OFFSET, STRIDE).norms();
  }

  @Test
  void lengthsAndProbesAreThoseOfTheValues() {
    Inspector.Lengths lengths = inspector.lengths(chunk, OFFSET, STRIDE);
    for (int member = 0; member < MEMBERS; member++) {
      assertThat(lengths.norms()[member])
          .isCloseTo(Math.sqrt(dot(brought[member], brought[member])), within(1e-3));
      assertThat(wide(lengths.probes()[member])).containsExactly(at(brought[member]), within(1e-5));
    }
  }

  @Test
  void whatIsNotThereHasNoLengthAndWhatIsNoNumbersHasNoEnd() {
    chunk.received()[0] = null;
    chunk.received()[2] = encoded(new double[VALUES - 1]);
    double[] values = brought[3].clone();
    values[200] = Double.NaN;
    chunk.received()[3] = ByteBuffer.wrap(encodedAnyhow(values));
    double[] found = inspector.lengths(chunk, OFFSET, STRIDE).norms();
    assertThat(found[0]).isNaN();
    assertThat(found[2]).isInfinite();
    assertThat(found[3]).isInfinite();
    assertThat(inspector.lengths(chunk, OFFSET, STRIDE).probes()[0]).isEmpty();
  }

  /** Member 4 is judged, and not in the sum. */
  @Test
  void directionsAreComparedWithTheSumOfAllOthers() {
    Inspector.Agreements agreements = agreements();
    for (int member = 0; member < MEMBERS; member++) {
      double[] others = others(member);
      assertThat(agreements.present()[member])
          .as("member %d", member)
          .isCloseTo(cosine(brought[member], others), within(1e-5));
      assertThat(agreements.sampled()[member])
          .isCloseTo(cosine(at(brought[member]), at(others)), within(1e-5));
      for (int other = 0; other < MEMBERS; other++) {
        if (other != member) {
          assertThat(agreements.pairs()[member][other])
              .isCloseTo(cosine(at(brought[member]), at(brought[other])), within(1e-5));
        }
      }
      assertThat(agreements.pairs()[member][member]).isNaN();
    }
    assertThat(agreements.places()).isEqualTo(VALUES / STRIDE);
    assertThat(agreements.first()).isEqualTo((FROM + OFFSET) / STRIDE);
  }

  @Test
  void earlierAveragesAreComparedAtTheSamePlaces() {
    Inspector.Agreements agreements = agreements();
    for (int member = 0; member < MEMBERS; member++) {
      for (int round = 0; round < before.length; round++) {
        assertThat(agreements.past()[member][round])
            .isCloseTo(cosine(at(brought[member]), before[round]), within(1e-5));
      }
    }
  }

  /** By Gram and Schmidt: first the past, then what is left of the others. */
  @Test
  void whatIsOnesOwnPointsNeitherWhereOthersPointNorWhereAveragesDid() {
    Inspector.Agreements agreements = agreements();
    for (int member = 0; member < MEMBERS; member++) {
      double[] own = wide(agreements.own()[member]);
      double[] others = at(others(member));
      assertThat(cosine(own, before[0])).isCloseTo(0, within(1e-5));
      assertThat(cosine(own, before[1])).isCloseTo(0, within(1e-5));
      assertThat(cosine(own, others)).as("member %d", member).isCloseTo(0, within(1e-5));
      double[] expected = at(brought[member]);
      double[] second = clear(before[1], before[0]);
      double[] present = clear(clear(others, before[0]), second);
      expected = clear(clear(clear(expected, before[0]), second), present);
      assertThat(own).containsExactly(expected, within(1e-3));
    }
  }

  @Test
  void whoBringsZerosAgreesWithNobody() {
    chunk.received()[2] = encoded(new double[VALUES]);
    double[] found = inspector.lengths(chunk, OFFSET, STRIDE).norms();
    BitSet all = members(0, 1, 2, 3, 4);
    Inspector.Agreements agreements = inspector.agreements(chunk, all, all, found, earlier);
    assertThat(agreements.present()[2]).isZero();
    assertThat(agreements.sampled()[2]).isNaN();
    assertThat(agreements.pairs()[2][3]).isNaN();
    assertThat(agreements.own()[2]).isEmpty();
    assertThat(agreements.present()[0]).isGreaterThan(0.5);
  }

  @Test
  void whoIsAloneAgreesWithNobody() {
    BitSet alone = members(3);
    assertThat(inspector.agreements(chunk, alone, alone, norms, earlier).present()[3]).isZero();
  }

  @Test
  void anExcerptIsTheBeginningBesideTheDirectionsOfAllOthers() {
    Inspector.Excerpt excerpt = inspector.excerpt(chunk, 3, members(0, 1, 2, 3), norms, 100);
    assertThat(excerpt.from()).isEqualTo(FROM);
    assertThat(wide(excerpt.contribution()))
        .containsExactly(Arrays.copyOf(brought[3], 100), within(1e-5));
    double[] others = new double[VALUES];
    for (int member : new int[] {0, 1, 2}) {
      others = plus(others, brought[member], 1 / norms[member]);
    }
    assertThat(wide(excerpt.others())).containsExactly(Arrays.copyOf(others, 100), within(1e-5));
  }

  private Inspector.Agreements agreements() {
    return inspector.agreements(chunk, members(0, 1, 2, 3), members(0, 1, 2, 3, 4), norms, earlier);
  }

  /** The sum of the directions of the first four, without {@code member}'s. */
  private double[] others(int member) {
    double[] sum = new double[VALUES];
    for (int other = 0; other < 4; other++) {
      if (other != member) {
        sum = plus(sum, brought[other], 1 / Math.sqrt(dot(brought[other], brought[other])));
      }
    }
    return sum;
  }

  private static BitSet members(int... members) {
    BitSet set = new BitSet();
    IntStream.of(members).forEach(set::set);
    return set;
  }

  private static double[] at(double[] values) {
    return IntStream.range(0, values.length / STRIDE)
        .mapToDouble(i -> values[OFFSET + i * STRIDE])
        .toArray();
  }

  private static double[] clear(double[] values, double[] direction) {
    return plus(values, direction, -dot(values, direction) / dot(direction, direction));
  }

  private static double[] plus(double[] one, double[] other, double times) {
    double[] sum = one.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += times * other[i];
    }
    return sum;
  }

  private static double cosine(double[] one, double[] other) {
    return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
  }

  private static double dot(double[] one, double[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += one[i] * other[i];
    }
    return sum;
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private static double[] noise(Random random, double length) {
    return IntStream.range(0, VALUES).mapToDouble(_ -> length * random.nextGaussian()).toArray();
  }

  private static ByteBuffer encoded(double[] values) {
    ByteBuffer encoded = ByteBuffer.allocate(CODEC.encodedBytes(values.length));
    CODEC.encode(segment(values), 0, values.length, encoded);
    return encoded.flip();
  }

  /** As no codec would. */
  private static byte[] encodedAnyhow(double[] values) {
    return segment(values).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }

  private static MemorySegment segment(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return MemorySegment.ofArray(narrow);
  }
}
