package org.potluck.trainer;

/**
 * Names a micro-batch: the samples drawn are a pure function of the run's seed and of this.
 *
 * @param drawer who draws, any 64-bit number (peers use a hash of their id)
 * @param step how many micro-batches that drawer has drawn before, zero or more
 * @param samples sequences to draw, one or more
 */
public record SampleDraw(long drawer, long step, int samples) {
  public SampleDraw {
    if (step < 0 || samples < 1) {
      throw new IllegalArgumentException("not a draw: step " + step + ", samples " + samples);
    }
  }
}
