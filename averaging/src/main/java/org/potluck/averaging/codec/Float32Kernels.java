package org.potluck.averaging.codec;

import static org.potluck.averaging.codec.Lanes.FLOATS;
import static org.potluck.averaging.codec.Lanes.INTS;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Loops over float32 values. */
final class Float32Kernels {
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;

  /** As many float64 as fit, and a shape of as many float32. */
  static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, FLOATS.vectorShape());

  private static final VectorSpecies<Float> HALF =
      VectorSpecies.of(float.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

  /** Over which sums of products are spread. */
  static final int PARTIAL_SUMS = 32;

  private Float32Kernels() {}

  static boolean isFinite(float magnitude) {
    return Float.floatToRawIntBits(magnitude) < INFINITY;
  }

  /** The largest magnitude; not finite when any value is not (a NaN counts as the largest). */
  static float magnitude(MemorySegment values, long at, int count, ByteOrder order) {
    MemorySegment in = Lanes.known(values);
    IntVector most = IntVector.zero(INTS);
    for (int i = 0; i < count; i += FLOATS.length()) {
      IntVector bits =
          FloatVector.fromMemorySegment(FLOATS, in, at + 4L * i, order).reinterpretAsInts();
      most = most.max(bits.and(MAGNITUDE));
    }
    return Float.intBitsToFloat(most.reduceLanes(VectorOperators.MAX));
  }

  /**
   * {@code sums += weight * values}.
   *
   * @param order of the values; the sums have the machine's
   */
  static void accumulate(
      MemorySegment bytes,
      long offset,
      ByteOrder order,
      float weight,
      MemorySegment sums,
      long at,
      int count) {
    MemorySegment in = Lanes.known(bytes);
    MemorySegment out = Lanes.known(sums);
    for (int i = 0; i < count; i += FLOATS.length()) {
      FloatVector product =
          FloatVector.fromMemorySegment(FLOATS, in, offset + 4L * i, order).mul(weight);
      FloatVector.fromMemorySegment(FLOATS, out, at + 4L * i, Lanes.NATIVE)
          .add(product)
          .intoMemorySegment(out, at + 4L * i, Lanes.NATIVE);
    }
  }

  /** {@code values *= factor}, saturating at the largest finite float32. */
  static void scale(MemorySegment values, long at, int count, float factor) {
    MemorySegment out = Lanes.known(values);
    for (int i = 0; i < count; i += FLOATS.length()) {
      FloatVector.fromMemorySegment(FLOATS, out, at + 4L * i, Lanes.NATIVE)
          .mul(factor)
          .min(Float.MAX_VALUE)
          .max(-Float.MAX_VALUE)
          .intoMemorySegment(out, at + 4L * i, Lanes.NATIVE);
    }
  }

  /**
   * Adds the products of {@code left} and {@code right} to {@link #PARTIAL_SUMS} sums: those of
   * values {@code i} to sum {@code i % PARTIAL_SUMS}, in rising order.
   *
   * <p>A product of two float32 values is exact in float64, so it does not matter whether it is
   * fused with the sum; and each sum is one lane of its own, however many lanes there are. So all
   * machines come to the same bits. Four sums of whole vectors are in flight at a time, so that
   * additions do not wait for each other; machines with short vectors go over the values several
   * times.
   */
  static void addProducts(
      MemorySegment left,
      long leftAt,
      MemorySegment right,
      long rightAt,
      int count,
      double[] sums) {
    int lanes = DOUBLES.length();
    for (int sum = 0; sum < PARTIAL_SUMS; sum += 4 * lanes) {
      DoubleVector one = DoubleVector.fromArray(DOUBLES, sums, sum);
      DoubleVector two = DoubleVector.fromArray(DOUBLES, sums, sum + lanes);
      DoubleVector three = DoubleVector.fromArray(DOUBLES, sums, sum + 2 * lanes);
      DoubleVector four = DoubleVector.fromArray(DOUBLES, sums, sum + 3 * lanes);
      for (int i = sum; i < count; i += PARTIAL_SUMS) {
        one = doubles(left, leftAt, i).mul(doubles(right, rightAt, i)).add(one);
        int j = i + lanes;
        two = doubles(left, leftAt, j).mul(doubles(right, rightAt, j)).add(two);
        int k = j + lanes;
        three = doubles(left, leftAt, k).mul(doubles(right, rightAt, k)).add(three);
        int l = k + lanes;
        four = doubles(left, leftAt, l).mul(doubles(right, rightAt, l)).add(four);
      }
      one.intoArray(sums, sum);
      two.intoArray(sums, sum + lanes);
      three.intoArray(sums, sum + 2 * lanes);
      four.intoArray(sums, sum + 3 * lanes);
    }
  }

  /** As many values as {@link #DOUBLES} has lanes. */
  static DoubleVector doubles(float[] values, int at) {
    return (DoubleVector)
        FloatVector.fromArray(HALF, values, at).convertShape(VectorOperators.F2D, DOUBLES, 0);
  }

  private static DoubleVector doubles(MemorySegment values, long at, int index) {
    return (DoubleVector)
        FloatVector.fromMemorySegment(HALF, Lanes.known(values), at + 4L * index, Lanes.NATIVE)
            .convertShape(VectorOperators.F2D, DOUBLES, 0);
  }
}
