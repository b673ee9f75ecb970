package org.potluck.averaging.trust;

import java.util.Arrays;

/**
 * The running median of the norms that were accepted, per value, by region of the vector: layers
 * differ by orders of magnitude, and spans are cut anew each round.
 */
final class NormHistory {
  private static final int REGIONS = 64;
  private static final int ROUNDS_KEPT = 9;

  private final double[][] kept = new double[REGIONS][0];

  /** Root mean square of a value in usual contributions; NaN when nothing is known. */
  double[] usual() {
    double[] medians = new double[REGIONS];
    for (int region = 0; region < REGIONS; region++) {
      medians[region] = kept[region].length == 0 ? Double.NaN : Medians.of(kept[region]);
    }
    return medians;
  }

  /**
   * Root mean square of a value in usual contributions, over all that is known; 0 when nothing is.
   */
  double typical() {
    return Math.sqrt(
        Arrays.stream(usual())
            .filter(Double::isFinite)
            .map(each -> each * each)
            .average()
            .orElse(0));
  }

  /**
   * Once for each region and round.
   *
   * @param region see {@link #region}
   * @param rootMeanSquare of a value in the median of the contributions taken
   */
  void add(int region, double rootMeanSquare) {
    double[] before = kept[region];
    int drop = before.length == ROUNDS_KEPT ? 1 : 0;
    double[] after =
        Arrays.copyOf(Arrays.copyOfRange(before, drop, before.length), before.length + 1 - drop);
    after[after.length - 1] = rootMeanSquare;
    kept[region] = after;
  }

  /** The region in which a chunk's middle lies. */
  static int region(long from, int values, long length) {
    double middle = from + values / 2.0;
    return (int) Math.min(REGIONS - 1, middle * REGIONS / length);
  }
}
