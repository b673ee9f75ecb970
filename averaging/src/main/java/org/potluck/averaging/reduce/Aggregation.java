package org.potluck.averaging.reduce;

/** How contributions become one: all peers of a run do it alike. */
public sealed interface Aggregation {
  /** The weighted mean; exactly what one machine with all the samples would have. */
  record Mean() implements Aggregation {}

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
  }

  Aggregation MEAN = new Mean();
}
