package org.potluck.averaging.trust;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * How long a contribution to a chunk may be.
 *
 * <p>Gradients of one model at one step have similar norms, so one that is many times as long as
 * the median is no gradient. The median of a small group may itself be the liar's, so what was
 * usual in earlier rounds counts as one voice more, and of two in the middle the smaller one is
 * taken. Where most have next to nothing, as in the rows of rare words, one honest peer may well
 * have something: nothing is too long that is short next to the rest of the vector. Fewer samples
 * make a noisier mean, in norm by the square root.
 *
 * <p>A single contribution is not judged by the past: gradients of a model that has just lost its
 * way are many times as long as before, and refusing them would keep a peer that trains alone from
 * ever taking another step.
 */
final class NormLimit {
  private static final double FACTOR = 10;
  private static final double FLOOR = 0.05;
  private static final double LIGHT_MOST = 8;

  private NormLimit() {}

  /**
   * @param norms of what came, NaN for absent members, infinite for no numbers
   * @param usual the norm that such a chunk had in earlier rounds; NaN when not known
   * @param typical the norm of a chunk of this length of the whole vector; 0 when not known
   * @return the longest for a contribution of middling weight
   */
  static double of(double[] norms, double usual, double typical) {
    return FACTOR * Math.max(reference(norms, usual), FLOOR * typical);
  }

  /** The median norm: of an even number the smaller one in the middle; 0 of none. */
  static double reference(double[] norms, double usual) {
    double[] present = Arrays.stream(norms).filter(norm -> !Double.isNaN(norm)).toArray();
    boolean comparable = present.length != 1 && !Double.isNaN(usual);
    DoubleStream voices =
        comparable
            ? DoubleStream.concat(Arrays.stream(present), DoubleStream.of(usual))
            : Arrays.stream(present);
    return Medians.of(voices.toArray());
  }

  /** How many times the limit is for one who had {@code weight} where others had the median. */
  static double allowance(double weight, double medianWeight) {
    double ratio = weight > 0 ? medianWeight / weight : 1;
    return Math.sqrt(Math.clamp(ratio, 1, LIGHT_MOST * LIGHT_MOST));
  }
}
