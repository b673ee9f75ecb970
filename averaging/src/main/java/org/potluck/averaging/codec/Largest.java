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
 * is one pass over a block in the first-level cache, and it would take a dozen. But one or two
 * guesses, for bell-shaped values, find a magnitude that a few times as many reach as are wanted;
 * the dozen then goes over those alone. Sorting or a heap would take many times as long.
 */
final class Largest {
  private static final int MAGNITUDE = 0x7fffffff;

  /** Of the largest magnitude: one of 64 bell-shaped values reaches about 0.7 of it. */
  private static final float FIRST_GUESS = 0.6f;

  private static final int GUESSES = 6;
  private static final int CANDIDATES_MAX = 256;

  private Largest() {}

  /**
   * Fills {@code indices}, ascending, with the indices of as many values of the largest magnitude;
   * of equal ones the first.
   *
   * @param count at least {@code indices.length}
   * @return the largest magnitude; not finite when any value is not
   */
  static float find(MemorySegment values, long at, int count, int[] indices) {
    float magnitude = Float32Kernels.magnitude(values, at, count, Lanes.NATIVE);
    int guess = guess(values, at, count, indices.length, magnitude);
    if (guess > 0) {
      choose(values, at, count, guess, magnitude, indices);
      return magnitude;
    }
    int threshold = threshold(values, at, count, indices.length, magnitude);
    int above = count(values, at, count, threshold + 1);
    collect(values, at, count, threshold, indices.length - above, indices);
    return magnitude;
  }

  /**
   * A magnitude, as bits, that at least {@code wanted} values reach and not many more; 0 where it
   * is not found soon.
   */
  private static int guess(MemorySegment values, long at, int count, int wanted, float magnitude) {
    float reached = 0;
    float missed = magnitude;
    float middle = magnitude * FIRST_GUESS;
    for (int turn = 0; turn < GUESSES && middle > reached && middle < missed; turn++) {
      int found = count(values, at, count, Float.floatToRawIntBits(middle));
      if (found >= wanted && found <= CANDIDATES_MAX) {
        return Float.floatToRawIntBits(middle);
      }
      reached = found >= wanted ? middle : reached;
      missed = found >= wanted ? missed : middle;
      middle = reached + (missed - reached) / 2;
    }
    return 0;
  }

  /** The same as {@link #find} of what reaches {@code guess}, {@link #CANDIDATES_MAX} at most. */
  private static void choose(
      MemorySegment values, long at, int count, int guess, float largest, int[] indices) {
    int[] places = new int[CANDIDATES_MAX];
    int[] magnitudes = new int[CANDIDATES_MAX];
    int candidates = candidates(values, at, count, guess, places, magnitudes);
    int reached = guess;
    int missed = Float.floatToRawIntBits(largest) + 1;
    while (missed - reached > 1) {
      int middle = (reached + missed) >>> 1;
      int found = count(magnitudes, candidates, middle);
      if (found >= indices.length) {
        reached = middle;
      } else {
        missed = middle;
      }
    }
    int equals = indices.length - count(magnitudes, candidates, reached + 1);
    int chosen = 0;
    for (int i = 0; i < candidates && chosen < indices.length; i++) {
      if (magnitudes[i] > reached || (magnitudes[i] == reached && equals-- > 0)) {
        indices[chosen++] = places[i];
      }
    }
  }

  private static int count(int[] magnitudes, int candidates, int threshold) {
    int sum = 0;
    for (int i = 0; i < candidates; i++) {
      sum += magnitudes[i] >= threshold ? 1 : 0;
    }
    return sum;
  }

  /** Where the values lie that reach {@code threshold}, ascending; returns how many there are. */
  private static int candidates(
      MemorySegment values, long at, int count, int threshold, int[] places, int[] magnitudes) {
    MemorySegment in = Lanes.known(values);
    int found = 0;
    int i = 0;
    for (; i <= count - INTS.length(); i += INTS.length()) {
      long reached =
          IntVector.fromMemorySegment(INTS, in, at + 4L * i, Lanes.NATIVE)
              .and(MAGNITUDE)
              .compare(VectorOperators.GE, threshold)
              .toLong();
      for (; reached != 0; reached &= reached - 1) {
        places[found++] = i + Long.numberOfTrailingZeros(reached);
      }
    }
    for (; i < count; i++) {
      if (bits(in, at, i) >= threshold) {
        places[found++] = i;
      }
    }
    for (int k = 0; k < found; k++) {
      magnitudes[k] = bits(in, at, places[k]);
    }
    return found;
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
