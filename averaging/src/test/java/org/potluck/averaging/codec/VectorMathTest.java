package org.potluck.averaging.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class VectorMathTest {
  private static final int[] LENGTHS = {0, 1, 31, 32, 33, 4095, 4096, 4097, 12_345, 65_536};

  @Test
  void sumsAreTheSameBitsHoweverManyLanesAMachineHas() {
    SplittableRandom random = new SplittableRandom(3);
    for (int length : LENGTHS) {
      float[] one = values(random, length);
      float[] other = values(random, length);
      double dot = inWords(one, other);
      double norm = Math.sqrt(inWords(one, one));
      assertThat(VectorMath.dot(heap(one), heap(other), length)).isEqualTo(dot);
      assertThat(VectorMath.dot(plain(one, 0), heap(other), length)).isEqualTo(dot);
      assertThat(VectorMath.dot(plain(one, 0), plain(other, 0), length)).isEqualTo(dot);
      assertThat(VectorMath.norm(heap(one), 0, length)).isEqualTo(norm);
      assertThat(VectorMath.norm(plain(one, 7), 7, length)).isEqualTo(norm);
    }
  }

  @Test
  void whatIsNoNumberShowsInTheNorm() {
    float[] values = new float[5000];
    values[4321] = Float.NaN;
    assertThat(VectorMath.norm(heap(values), 0, values.length)).isNaN();
    values[4321] = Float.NEGATIVE_INFINITY;
    assertThat(VectorMath.norm(heap(values), 0, values.length)).isInfinite();
  }

  /** The order of the sums, one value at a time. */
  private static double inWords(float[] one, float[] other) {
    double[] sums = new double[32];
    for (int i = 0; i < one.length; i++) {
      sums[i % 32] += (double) one[i] * other[i];
    }
    double total = 0;
    for (double sum : sums) {
      total += sum;
    }
    return total;
  }

  private static float[] values(SplittableRandom random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.exp(8 * random.nextGaussian()));
    }
    return values;
  }

  private static MemorySegment heap(float[] values) {
    return MemorySegment.ofArray(values);
  }

  /** Off the heap, behind {@code before} others. */
  private static MemorySegment plain(float[] values, int before) {
    MemorySegment room = Arena.ofAuto().allocate(4L * (before + values.length) + 4);
    MemorySegment.copy(values, 0, room, ValueLayout.JAVA_FLOAT, 4L * before, values.length);
    return room;
  }
}
