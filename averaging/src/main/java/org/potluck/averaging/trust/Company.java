package org.potluck.averaging.trust;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Whether a contribution has anything in common with most others, taken one by one.
 *
 * <p>{@link Direction} compares with the sum of all others. Whoever brings the same wrong vector as
 * two more has these in that sum: where two honest gradients have 0.4 in common, each of three out
 * of ten has 0.38 in common with the sum of all others, and an honest one has 0.46. So it is also
 * asked what a contribution has in common with each other one, and the median of that counts, which
 * no minority moves however it agrees. It is measured by the median of all, like a direction, and
 * under the same conditions.
 */
final class Company {
  private static final double LONELY_BELOW = 0.12;

  /**
   * Two gradients that have less in common are mostly noise in few directions. It is more than five
   * standard deviations of random vectors over the fewest places.
   */
  private static final double MEDIAN_MIN = 0.35;

  private static final double OWN_SHARE = 0.5;

  /** Late in training, when gradients are mostly noise in few directions, honest peers differ. */
  private static final double DEVIATION_SHARE_MAX = 0.2;

  private static final double WEIGHT_SHARE_MIN = 1.0 / 8;
  private static final int PLACES_MIN = 256;

  private final double[] medians;
  private final double[] weights;
  private final double median;
  private final double medianWeight;
  private final boolean telling;

  /**
   * @param pairs cosines of each two members' contributions; NaN for who is not judged, and on the
   *     diagonal
   * @param weights by member
   * @param self this peer's place; -1 if it contributed nothing
   * @param places of the vector over which the cosines were taken
   */
  Company(double[][] pairs, double[] weights, int self, int places) {
    this.weights = weights;
    medians = new double[pairs.length];
    for (int member = 0; member < medians.length; member++) {
      double[] known = known(pairs[member]);
      medians[member] = known.length == 0 ? Double.NaN : Medians.of(known);
    }
    double[] known = known(medians);
    median = Medians.of(known);
    medianWeight = Medians.ofPositive(weights);
    telling =
        known.length >= Direction.CONTRIBUTIONS_MIN
            && places >= PLACES_MIN
            && Medians.deviation(known, median) <= DEVIATION_SHARE_MAX * median
            && median >= MEDIAN_MIN
            && self >= 0
            && medians[self] >= OWN_SHARE * median;
  }

  private static double[] known(double[] cosines) {
    return Arrays.stream(cosines).filter(cosine -> !Double.isNaN(cosine)).toArray();
  }

  /**
   * What a member has in common with most others, next to the median: about 1 for honest ones, 0
   * for noise, whoever else brings the same. Empty when this round says nothing of the member.
   */
  OptionalDouble ratio(int member) {
    double share = medianWeight > 0 ? weights[member] / medianWeight : 0;
    if (!telling || Double.isNaN(medians[member]) || share < WEIGHT_SHARE_MIN) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(medians[member] / median / Math.sqrt(Math.min(1, share)));
  }

  /** What follows from the mean of {@link #ratio} over some rounds. */
  static Optional<Charge> charge(Bearings.Trend trend) {
    return trend.mean() >= LONELY_BELOW
        ? Optional.empty()
        : Optional.of(
            trend.charge(
                Misdeed.UNRELATED,
                "what it contributes has nothing to do with that of most others, one by one",
                "agreement %.2f of theirs"));
  }
}
