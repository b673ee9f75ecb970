package org.potluck.averaging.codec;

import static org.potluck.averaging.codec.Lanes.INTS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Finds the values of the largest magnitude.
 *
 * <p>The bits of a float32 without the sign sort as its magnitude does, so the smallest magnitude
 * to keep is found by bisection over integers, counting each time how many values reach it. A count
 * is one pass over a block in the first-level cache; for most blocks a dozen suffice. Sorting or a
 * heap would take many times as long.
 */
final class Largest {
  private static final int MAGNITUDE = 0x7fffffff;

  private Largest() {}

  /**
   * Fills {@code indices}, ascending, with the indices of as many values of the largest magnitude;
   * of equal ones the first.
   *
   * @param count at least {@code indices.length}
   */
  static void find(MemorySegment values, long at, int count, int[] indices) {
    float magnitude = Float32Kernels.magnitude(values, at, count, Lanes.NATIVE);
    int threshold = threshold(values, at, count, indices.length, magnitude);
    int above = count(values, at, count, threshold + 1);
    collect(values, at, count, threshold, indices.length - above, indices);
  }

  /** The largest magnitude, as bits, that at least {@code wanted} values reach. */
  private static int threshold(
      MemorySegment values, long at, int count, int wanted, float magnitude) {
    int reached = 0;
    int missed = Float.floatToRawIntBits(magnitude) + 1;
    while (missed - reached > 1) {
      int middle = (reached + missed) >>> 1;
      int found = count(values, at, count, middle);
      if (found == wanted) {
        return middle;
      }
      if (found > wanted) {
        reached = middle;
      } else {
        missed = middle;
      }
    }
    return reached;
  }

  private static int count(MemorySegment values, long at, int count, int threshold) {
    MemorySegment in = Lanes.known(values);
    IntVector found = IntVector.zero(INTS);
    int i = 0;
    for (; i <= count - INTS.length(); i += INTS.length()) {
      IntVector magnitudes =
          IntVector.fromMemorySegment(INTS, in, at + 4L * i, Lanes.NATIVE).and(MAGNITUDE);
      found = found.add(1, magnitudes.compare(VectorOperators.GE, threshold));
    }
    int sum = found.reduceLanes(VectorOperators.ADD);
    for (; i < count; i++) {
      sum += bits(in, at, i) >= threshold ? 1 : 0;
    }
    return sum;
  }

  private static void collect(
      MemorySegment values, long at, int count, int threshold, int equals, int[] indices) {
    MemorySegment in = Lanes.known(values);
    int found = 0;
    int equalsLeft = equals;
    int i = 0;
    while (found < indices.length && i < count) {
      if (i <= count - INTS.length()) {
        VectorMask<Integer> reached =
            IntVector.fromMemorySegment(INTS, in, at + 4L * i, Lanes.NATIVE)
                .and(MAGNITUDE)
                .compare(VectorOperators.GE, threshold);
        if (!reached.anyTrue()) {
          i += INTS.length();
          continue;
        }
      }
      int end = Math.min(count, i + INTS.length());
      for (; i < end && found < indices.length; i++) {
        int bits = bits(in, at, i);
        if (bits > threshold || (bits == threshold && equalsLeft-- > 0)) {
          indices[found++] = i;
        }
      }
    }
  }

  private static int bits(MemorySegment values, long at, int i) {
    return values.get(ValueLayout.JAVA_INT_UNALIGNED, at + 4L * i) & MAGNITUDE;
  }
}
