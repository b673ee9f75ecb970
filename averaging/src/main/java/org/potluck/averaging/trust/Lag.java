package org.potluck.averaging.trust;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Whether a contribution is of this round, or was computed some rounds ago.
 *
 * <p>A late gradient is a good one of a model that is no more: its length is usual, it points more
 * or less where the others' do, and it was never seen before. But it points more to where the
 * averages of its own time pointed than to where the others point now. How much gradients turn from
 * round to round depends on the rate and on how far training is; so it is first asked how much the
 * group itself agrees more with the present than with the past. Where that is little, late
 * gradients can neither be told from others nor do they any harm.
 *
 * <p>A peer whose data are its own finds its own earlier contributions again in all earlier
 * averages, that of the last round among them, and not in the present sum, which is that of others.
 * So nobody is late who agrees as much with the last round as with those before; and being one
 * round late is nobody's fault.
 */
final class Lag {
  /** The others now, the last round, and two before. */
  private static final int MEASURES_MIN = 4;

  /** What two random vectors have in common over fewer places is too much. */
  private static final int PLACES_MIN = 256;

  private static final double LEAD_MIN = 0.2;

  /** Late in training, when gradients are mostly noise in few directions, honest peers differ. */
  private static final double DEVIATION_SHARE_MAX = 0.35;

  private static final double LATE_BELOW = -0.1;

  /** Lighter ones, in median weights, are too noisy to be judged. */
  private static final double WEIGHT_SHARE_MIN = 1.0 / 8;

  private final double[][] cosines;
  private final double[] weights;
  private final double medianWeight;
  private final boolean telling;

  /**
   * @param cosines by member: with the sum of all others' contributions, with the average of the
   *     last round, of the round before and so on; NaN for who is not judged
   * @param weights by member
   * @param self this peer's place; -1 if it contributed nothing
   * @param places of the vector over which the cosines were taken
   */
  Lag(double[][] cosines, double[] weights, int self, int places) {
    this.cosines = cosines;
    this.weights = weights;
    double[] leads =
        IntStream.range(0, cosines.length)
            .filter(this::known)
            .mapToDouble(member -> cosines[member][0] - before(cosines[member]))
            .toArray();
    double median = Medians.of(leads);
    boolean alike = Medians.deviation(leads, median) <= DEVIATION_SHARE_MAX * median;
    medianWeight = Medians.ofPositive(weights);
    telling =
        leads.length >= Direction.CONTRIBUTIONS_MIN
            && places >= PLACES_MIN
            && median >= LEAD_MIN
            && alike
            && self >= 0
            && known(self)
            && lead(cosines[self]) >= 0;
  }

  private boolean known(int member) {
    double[] of = cosines[member];
    return of.length >= MEASURES_MIN && Arrays.stream(of).noneMatch(Double::isNaN);
  }

  /** A member's cosines; empty when this round says nothing of it. */
  Optional<double[]> cosines(int member) {
    boolean heavy = weights[member] >= WEIGHT_SHARE_MIN * medianWeight;
    return telling && known(member) && heavy ? Optional.of(cosines[member]) : Optional.empty();
  }

  /** Whether means of {@link #cosines} over some rounds are those of late contributions. */
  static boolean late(double[] means) {
    return means.length >= MEASURES_MIN && lead(means) < LATE_BELOW;
  }

  /** What follows from the means of {@link #cosines} over some rounds. */
  static Optional<Charge> charge(Bearings.Trend trend) {
    double[] means = trend.means();
    if (!late(means)) {
      return Optional.empty();
    }
    int rounds = rounds(means);
    return Optional.of(
        new Charge(
            Misdeed.LATE,
            1,
            String.format(
                Locale.ROOT,
                "what it contributes is of %d rounds ago (agreement %.2f with then, %.2f with now)",
                rounds,
                means[rounds],
                means[0])));
  }

  /** How many rounds ago a contribution with these cosines was computed, as far as can be told. */
  static int rounds(double[] means) {
    return IntStream.range(2, means.length)
        .reduce(2, (best, round) -> means[round] > means[best] ? round : best);
  }

  /** How much more it agrees with the present, or with the last round, than with any before. */
  private static double lead(double[] cosines) {
    return Math.max(cosines[0], cosines[1]) - before(cosines);
  }

  private static double before(double[] cosines) {
    return Arrays.stream(cosines, 2, cosines.length).max().orElse(-1);
  }
}
