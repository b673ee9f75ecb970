package org.potluck.averaging.trust;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Whether a contribution points where the others point.
 *
 * <p>An honest gradient is the true one plus the noise of its samples, so its cosine with the sum
 * of the others' is positive; a flipped one has the opposite sign, and noise has none. How large
 * the cosine is depends on the model and falls as training goes on, so everybody is measured by the
 * median of the group. Where that is itself hardly more than chance nothing can be said, and
 * nothing is; nor when this peer's own contribution, the only one it knows to be honest, does not
 * agree with the rest: then it may be in bad company.
 */
final class Direction {
  /** With fewer, an honest peer cannot be told from a liar. */
  static final int CONTRIBUTIONS_MIN = 4;

  private static final double OPPOSES_BELOW = -0.85;
  private static final double CONTRADICTS_BELOW = -0.2;
  private static final double UNRELATED_BELOW = 0.12;
  private static final double CHANCE_DEVIATIONS = 4;
  private static final double MEDIAN_MIN = 0.05;
  private static final double DEVIATION_SHARE_MAX = 0.2;
  private static final double OWN_SHARE = 0.5;

  /** Lighter ones, in median weights, are too noisy to be judged, and count for little. */
  private static final double WEIGHT_SHARE_MIN = 1.0 / 8;

  private final double[] agreements;
  private final double[] weights;
  private final double median;
  private final double medianWeight;
  private final boolean telling;

  /**
   * @param agreements cosines by member; NaN for who is not judged
   * @param weights by member
   * @param self this peer's place; -1 if it contributed nothing
   * @param values over how many values the cosines were taken
   */
  Direction(double[] agreements, double[] weights, int self, long values) {
    this.agreements = agreements.clone();
    this.weights = weights.clone();
    double[] known = Arrays.stream(agreements).filter(a -> !Double.isNaN(a)).toArray();
    median = Medians.of(known);
    medianWeight = Medians.ofPositive(weights);
    double chance =
        Math.max(MEDIAN_MIN, CHANCE_DEVIATIONS / Math.sqrt((double) Math.max(1, values)));
    boolean ownAgrees = self >= 0 && agreements[self] >= OWN_SHARE * median;
    boolean alike = Medians.deviation(known, median) <= DEVIATION_SHARE_MAX * median;
    telling = known.length >= CONTRIBUTIONS_MIN && median >= chance && alike && ownAgrees;
  }

  /**
   * A member's agreement next to the median: about 1 for honest ones, 0 for noise, below for who
   * points away. With fewer samples it is smaller by the square root, which is made up for. Empty
   * when this round says nothing of the member.
   */
  OptionalDouble ratio(int member) {
    double share = medianWeight > 0 ? weights[member] / medianWeight : 0;
    if (!telling || Double.isNaN(agreements[member]) || share < WEIGHT_SHARE_MIN) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(agreements[member] / median / Math.sqrt(Math.min(1, share)));
  }

  /** What follows from the mean of {@link #ratio} over some rounds. */
  static Optional<Charge> charge(Bearings.Trend trend) {
    if (trend.mean() >= UNRELATED_BELOW) {
      return Optional.empty();
    }
    boolean away = trend.mean() < CONTRADICTS_BELOW;
    String how = away ? "points away from the others'" : "has nothing to do with the others'";
    Misdeed misdeed = away ? Misdeed.CONTRADICTS : Misdeed.UNRELATED;
    return Optional.of(
        trend.charge(
            trend.mean() < OPPOSES_BELOW ? Misdeed.OPPOSES : misdeed,
            "what it contributes " + how,
            "agreement %.2f of theirs"));
  }
}
