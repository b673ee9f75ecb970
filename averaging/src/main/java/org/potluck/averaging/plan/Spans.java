package org.potluck.averaging.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.potluck.averaging.codec.Codec;

/** Turns shares into spans that start where codec blocks do. */
final class Spans {
  private Spans() {}

  /**
   * Cuts the vector into blocks and gives each member its share of them, rounded by largest
   * remainder, the earlier member first among equals. A member with share zero gets nothing.
   */
  static List<Span> of(double[] shares, long length) {
    long blocks = Math.ceilDiv(length, (long) Codec.BLOCK_VALUES);
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
    return inOrder(counts, length);
  }

  private static double exact(double share, double total, long blocks) {
    return share / total * blocks;
  }

  private static List<Span> inOrder(long[] counts, long length) {
    List<Span> spans = new ArrayList<>();
    long next = 0;
    for (long count : counts) {
      long end = Math.min(length, next + count * Codec.BLOCK_VALUES);
      spans.add(new Span(next, end - next));
      next = end;
    }
    return spans;
  }
}
