package org.potluck.averaging.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Turns shares into spans that start where blocks do: a codec's, or whole chunks. */
final class Spans {
  private Spans() {}

  /**
   * Cuts the vector into blocks and gives each member its share of them, rounded by largest
   * remainder, the earlier member first among equals. A member with share zero gets nothing.
   */
  static List<Span> of(double[] shares, long length, int blockValues) {
    long blocks = Math.ceilDiv(length, (long) blockValues);
    double total = Arrays.stream(shares).sum();
    long[] counts = new long[shares.length];
    List<Integer> order = new ArrayList<>();
    long given = 0;
    for (int i = 0; i < shares.length; i++) {
      counts[i] = (long) Math.floor(exact(shares[i], total, blocks));
      given += counts[i];
      if (shares[i] > 0) {
        order.add(i);
      }
    }
    order.sort(
        (a, b) ->
            Double.compare(
                exact(shares[b], total, blocks) - counts[b],
                exact(shares[a], total, blocks) - counts[a]));
    for (int i = 0; given < blocks; i++, given++) {
      counts[order.get(i % order.size())]++;
    }
    return inOrder(counts, length, blockValues);
  }

  private static double exact(double share, double total, long blocks) {
    return share / total * blocks;
  }

  private static List<Span> inOrder(long[] counts, long length, int blockValues) {
    List<Span> spans = new ArrayList<>();
    long next = 0;
    for (long count : counts) {
      long end = Math.min(length, next + count * blockValues);
      spans.add(new Span(next, end - next));
      next = end;
    }
    return spans;
  }
}
