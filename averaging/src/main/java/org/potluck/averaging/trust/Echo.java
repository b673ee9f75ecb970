package org.potluck.averaging.trust;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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

  private static final double FALSE_BELOW = 0.2;
  private static final double MEDIAN_MIN = 0.25;
  private static final double MEDIAN_MAX = 4;
  private static final double DEVIATION_SHARE_MAX = 0.25;
  private static final double EXCESS_MAX = 100;
  private static final double SHORTEST = 1e-30;

  /** A lighter contribution of one's own, in median weights, is too noisy to compare with. */
  private static final double WEIGHT_SHARE_MIN = 1.0 / 8;

  private final double[] lengths;
  private final double[] excess;
  private final double median;
  private final boolean telling;

  /**
   * One chunk.
   *
   * @param reducer who says that it is the average
   * @param along inner product of the own contribution and the average
   * @param square of the average's norm
   * @param own square of the own contribution's norm
   */
  record Heard(int reducer, int values, double along, double square, double own)
      implements Screen.Echoed {
    static Heard of(int reducer, MemorySegment own, MemorySegment average, long from, int values) {
      MemorySegment brought = part(own, from, values);
      MemorySegment said = part(average, from, values);
      return new Heard(
          reducer,
          values,
          VectorMath.dot(brought, said, values),
          VectorMath.dot(said, said, values),
          VectorMath.dot(brought, brought, values));
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
    median = Medians.of(known);
    double medianWeight = Medians.ofPositive(weights);
    boolean heavy = self >= 0 && weights[self] >= WEIGHT_SHARE_MIN * medianWeight;
    boolean usual = median >= MEDIAN_MIN && median <= MEDIAN_MAX;
    telling =
        heavy
            && usual
            && known.length >= REDUCERS_MIN
            && Medians.deviation(known, median) <= DEVIATION_SHARE_MAX * median;
    double[] over = heavy ? excess(heard, weights.length) : new double[weights.length];
    long odd = Arrays.stream(over).filter(times -> times > EXCESS_MAX).count();
    boolean most = known.length < REDUCERS_MIN || 2 * odd >= known.length;
    excess = most ? new double[weights.length] : over;
  }

  /**
   * How many times as long a reducer's averages are as the own contribution to them, and as the own
   * contribution is elsewhere; of both the smaller one, for where this peer has next to nothing
   * others may have something.
   */
  private static double[] excess(List<Heard> heard, int members) {
    double[] squares = new double[members];
    double[] own = new double[members];
    double[] values = new double[members];
    for (Heard chunk : heard) {
      squares[chunk.reducer()] += chunk.square();
      own[chunk.reducer()] += chunk.own();
      values[chunk.reducer()] += chunk.values();
    }
    double usual = Arrays.stream(own).sum() / Math.max(1, Arrays.stream(values).sum());
    double[] excess = new double[members];
    for (int member = 0; member < members; member++) {
      double least = Math.max(own[member], usual * values[member]);
      excess[member] = least > SHORTEST ? Math.sqrt(squares[member] / least) : 0;
    }
    return excess;
  }

  /**
   * How many times as long a member's averages are as contributions can be, where it is no matter
   * of one round more or less: what is averaged is not longer than the longest of it, and the norm
   * gate takes none of ten times the median. Zero otherwise.
   */
  double excess(int member) {
    return excess[member] > EXCESS_MAX ? excess[member] : 0;
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

  /** What follows from the mean of {@link #ratio} over some rounds. */
  static Optional<Charge> charge(Bearings.Trend trend) {
    return trend.mean() >= FALSE_BELOW
        ? Optional.empty()
        : Optional.of(
            trend.charge(
                Misdeed.FALSE_AVERAGE,
                "its averages are not of what it was sent",
                "%.2f of it in them,"));
  }
}
