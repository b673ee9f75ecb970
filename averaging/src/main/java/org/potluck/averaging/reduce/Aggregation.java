package org.potluck.averaging.reduce;

import java.util.List;
import org.potluck.averaging.codec.Codec;

/**
 * How contributions become one: all peers of a run do it alike. Simulations have members of their
 * own, which do not.
 */
public interface Aggregation {
  /**
   * For the rounds of one group.
   *
   * @param codecs of the contributions, by member
   * @param weights one per member, in group order, each finite and zero or more
   * @param valuesMax values of the longest chunk
   */
  Aggregator aggregator(List<Codec> codecs, List<Double> weights, int valuesMax);

  /** The weighted mean; exactly what one machine with all the samples would have. */
  record Mean() implements Aggregation {
    @Override
    public Aggregator aggregator(List<Codec> codecs, List<Double> weights, int valuesMax) {
      return new Reduction(codecs, weights, valuesMax);
    }
  }

  /**
   * A mean in which nobody pulls further than others do; see {@code CenteredClip}.
   *
   * @param radius how far one contribution may pull, in medians of the distances to the start;
   *     above zero
   * @param iterations 1 to 1000
   */
  record CenteredClip(double radius, int iterations) implements Aggregation {
    public static final CenteredClip USUAL = new CenteredClip(1, 20);

    public CenteredClip {
      if (!(radius > 0) || Double.isInfinite(radius)) {
        throw new IllegalArgumentException("the radius must be positive: " + radius);
      }
      if (iterations < 1 || iterations > 1000) {
        throw new IllegalArgumentException("iterations must be 1 to 1000: " + iterations);
      }
    }

    @Override
    public Aggregator aggregator(List<Codec> codecs, List<Double> weights, int valuesMax) {
      return new org.potluck.averaging.reduce.CenteredClip(codecs, weights, valuesMax, this);
    }
  }

  Aggregation MEAN = new Mean();
}
