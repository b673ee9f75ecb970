package org.potluck.averaging.trust;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.potluck.averaging.codec.VectorMath;

/**
 * Whether the averages of a reducer are what everybody's contributions make them.
 *
 * <p>A reducer that lies about its span is believed by all, for nobody else has seen the
 * contributions to it. But everybody has its own, and that is a part of the average. Let
 * contributions be s + e(i), with independent noise, and the average m their mean by samples. Then
 * the expectation of own * m is |s|^2 and the own share of the noise, which is also the expectation
 * of |m|^2: the projection of one's own contribution on an honest average is as long as the average
 * itself, whatever the layer, the size of the group and the part of noise. Of the average with
 * another sign it is -1 times as long, of a tenfold one a tenth, of noise nothing.
 *
 * <p>What all spans have in common, such as poison that every reducer has let in, says nothing
 * about one of them, so each is measured by the median of all. And late in training, when gradients
 * are mostly noise in few directions, one round says nothing at all: then the spans differ, and
 * nothing is held against anybody.
 */
final class Echo {
  /** With fewer reducers the odd one cannot be told from the others. */
  static final int REDUCERS_MIN = 4;

  private static final double MEDIAN_MIN = 0.25;
  private static final double MEDIAN_MAX = 4;
  private static final double DEVIATION_SHARE_MAX = 0.25;
  private static final double SHORTEST = 1e-30;

  /** A lighter contribution of one's own, in median weights, is too noisy to compare with. */
  private static final double WEIGHT_SHARE_MIN = 1.0 / 8;

  private final double[] lengths;
  private final double median;
  private final boolean telling;

  /**
   * One chunk.
   *
   * @param reducer who says that it is the average
   * @param along inner product of the own contribution and the average
   * @param square of the average's norm
   */
  record Heard(int reducer, double along, double square) implements Screen.Echoed {
    static Heard of(int reducer, MemorySegment own, MemorySegment average, long from, int values) {
      MemorySegment brought = part(own, from, values);
      MemorySegment said = part(average, from, values);
      return new Heard(
          reducer, VectorMath.dot(brought, said, values), VectorMath.dot(said, said, values));
    }

    private static MemorySegment part(MemorySegment vector, long from, int values) {
      return vector.asSlice(from * Float.BYTES, (long) values * Float.BYTES);
    }
  }

  /**
   * @param heard of the other members' averages
   * @param weights by member
   * @param self this peer's place
   */
  Echo(List<Heard> heard, double[] weights, int self) {
    double[] along = new double[weights.length];
    double[] squares = new double[weights.length];
    for (Heard chunk : heard) {
      along[chunk.reducer()] += chunk.along();
      squares[chunk.reducer()] += chunk.square();
    }
    lengths = new double[weights.length];
    for (int member = 0; member < lengths.length; member++) {
      boolean something = squares[member] > SHORTEST && along[member] != 0;
      lengths[member] = something ? along[member] / squares[member] : Double.NaN;
    }
    double[] known = Arrays.stream(lengths).filter(length -> !Double.isNaN(length)).toArray();
    median = middle(known);
    double[] away = Arrays.stream(known).map(length -> Math.abs(length - median)).toArray();
    double medianWeight = middle(Arrays.stream(weights).filter(weight -> weight > 0).toArray());
    boolean heavy = self >= 0 && weights[self] >= WEIGHT_SHARE_MIN * medianWeight;
    boolean usual = median >= MEDIAN_MIN && median <= MEDIAN_MAX;
    telling =
        heavy
            && usual
            && known.length >= REDUCERS_MIN
            && middle(away) <= DEVIATION_SHARE_MAX * median;
  }

  private static double middle(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted.length == 0 ? 0 : sorted[(sorted.length - 1) / 2];
  }

  /**
   * How much of the own contribution is in a member's averages, next to the median of all: about 1
   * for honest ones. Empty when this round says nothing of the member.
   */
  OptionalDouble ratio(int member) {
    return telling && !Double.isNaN(lengths[member])
        ? OptionalDouble.of(lengths[member] / median)
        : OptionalDouble.empty();
  }
}
