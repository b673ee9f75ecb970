package org.potluck.averaging.trust;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.potluck.averaging.reduce.Inspector.Excerpt;
import org.potluck.network.PeerId;

/**
 * A contribution whose samples are to be computed again, by somebody who reduced a part of it.
 *
 * <p>Which samples are a peer's follows from the run, the peer and the epoch, so anybody with the
 * same text comes to the same gradient. Comparing assigned work with what was brought is Gauntlet's
 * idea (arXiv 2505.21684, section 3), which compares losses; here vectors are compared, because a
 * reducer has only a part of a contribution, and a part takes no step.
 *
 * @param peer who brought it
 * @param samples that it claims
 * @param excerpts of what it brought
 */
public record Audit(PeerId peer, long samples, List<Excerpt> excerpts) {
  /** Below this the gradient is not that of the samples; honest ones are at 0.99 and more. */
  static final double PASSES_FROM = 0.9;

  private static final double SHORTEST = 1e-30;

  public Audit {
    excerpts = List.copyOf(excerpts);
  }

  /** Whether {@code similarity} shows the work that was claimed. */
  public static boolean passes(double similarity) {
    return similarity >= PASSES_FROM;
  }

  /**
   * The cosine between what was brought and what should have been, both without what points where
   * the others' point: what all gradients have in common is no evidence of anybody's own work.
   *
   * @param gradients the mean gradient of the samples, float32 in native order, of all parameters
   * @return from -1 to 1; 1 where neither has anything of its own, 0 where only one of them has
   */
  public double similarity(MemorySegment gradients) {
    double along = 0;
    double brought = 0;
    double due = 0;
    for (Excerpt excerpt : excerpts) {
      double[] expected = slice(gradients, excerpt);
      double[] actual = widened(excerpt.contribution());
      double[] others = widened(excerpt.others());
      clear(expected, others);
      clear(actual, others);
      along += dot(expected, actual);
      brought += dot(actual, actual);
      due += dot(expected, expected);
    }
    boolean nothingBrought = brought < SHORTEST;
    boolean nothingDue = due < SHORTEST;
    if (nothingBrought || nothingDue) {
      return nothingBrought && nothingDue ? 1 : 0;
    }
    return along / Math.sqrt(brought * due);
  }

  private static double[] slice(MemorySegment gradients, Excerpt excerpt) {
    double[] values = new double[excerpt.contribution().length];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          gradients.get(ValueLayout.JAVA_FLOAT_UNALIGNED, (excerpt.from() + i) * Float.BYTES);
    }
    return values;
  }

  private static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  /** Takes away what points along {@code direction}. */
  private static void clear(double[] values, double[] direction) {
    double square = dot(direction, direction);
    double share = square < SHORTEST ? 0 : dot(values, direction) / square;
    for (int i = 0; i < values.length; i++) {
      values[i] -= share * direction[i];
    }
  }

  private static double dot(double[] one, double[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += one[i] * other[i];
    }
    return sum;
  }
}
