package org.potluck.averaging.trust;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Whether a contribution is anything beside an average that everybody has.
 *
 * <p>Who brings back what was averaged a round ago has done no work, and looks well in all other
 * respects. An honest contribution is the gradient of now with the noise of its own samples; the
 * part of it that does not point along an earlier average is made of what the gradient has turned
 * since, of the noise in that average, and of its own noise. The first two are the same for
 * everybody, and the third falls with the samples: with k times those of others that part is never
 * less than 1/k of theirs, in square. So members are measured by the median of the group, and by
 * their weight, and a small part of it is a copy. Where the median itself is small, as with large
 * batches and a low rate, anybody could be taken for a copy, and nobody is.
 *
 * <p>With noise of its own making, a seventh as long as it or more, a copy is not found.
 */
final class Copies {
  private static final double MEDIAN_MIN = 0.1;
  private static final double OWN_SHARE = 0.5;
  private static final int PLACES_MIN = 256;
  private static final double COPIED_BELOW = 0.02;

  private final double[] remainders;
  private final double[] weights;
  private final double median;
  private final double medianWeight;
  private final boolean telling;

  /**
   * @param past by member: cosines with the average of the last round, of the round before and so
   *     on; NaN for who is not judged
   * @param weights by member
   * @param self this peer's place; -1 if it contributed nothing
   * @param places of the vector over which the cosines were taken
   */
  Copies(double[][] past, double[] weights, int self, int places) {
    this.weights = weights;
    remainders = new double[past.length];
    for (int member = 0; member < past.length; member++) {
      remainders[member] = remainder(past[member]);
    }
    double[] known =
        Arrays.stream(remainders).filter(remainder -> !Double.isNaN(remainder)).toArray();
    median = Medians.of(known);
    medianWeight = Medians.ofPositive(weights);
    telling =
        known.length >= Direction.CONTRIBUTIONS_MIN
            && places >= PLACES_MIN
            && median >= MEDIAN_MIN
            && self >= 0
            && remainders[self] >= OWN_SHARE * median;
  }

  /** The part of the square that points along none of them; NaN where one is not known. */
  private static double remainder(double[] cosines) {
    double most = cosines.length == 0 ? Double.NaN : 0;
    for (double cosine : cosines) {
      most = Math.max(most, cosine * cosine);
    }
    return 1 - most;
  }

  /**
   * How much of its own a member has, next to the median: about 1 or more for honest ones, 0 for
   * copies. Empty when this round says nothing of the member.
   */
  OptionalDouble ratio(int member) {
    double more = medianWeight > 0 ? Math.max(1, weights[member] / medianWeight) : 1;
    return telling && !Double.isNaN(remainders[member])
        ? OptionalDouble.of(more * remainders[member] / median)
        : OptionalDouble.empty();
  }

  /** Whether the mean of {@link #ratio} over some rounds is that of copies. */
  static boolean copied(double mean) {
    return mean < COPIED_BELOW;
  }

  /** What follows from the mean of {@link #ratio} over some rounds. */
  static Optional<Charge> charge(Bearings.Trend trend) {
    return copied(trend.mean())
        ? Optional.of(
            trend.charge(
                Misdeed.COPIED,
                "what it contributes is an earlier average",
                "%.3f of what others have of their own,"))
        : Optional.empty();
  }
}
