package org.potluck.averaging.reduce;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;

/**
 * Robust averaging of one chunk at a time by centered clipping.
 *
 * <p>A mean follows whoever shouts: one contribution of a hundred times the usual length moves it
 * anywhere. A coordinate-wise median does not, but it throws away most of what honest peers know.
 * Centered clipping lies between: from a centre {@code v}, move by the weighted mean of everybody's
 * difference to it, where a difference longer than the radius counts only with the radius; repeat.
 * Whoever lies far away still pulls, no harder than the radius.
 *
 * <p>The centre starts at the coordinate-wise median. The published radius is a constant, which
 * somebody has to guess for each model; here it is a multiple of the median distance to the start,
 * so that it follows the gradients as they shrink. Sums run in group order in float64 and are
 * rounded once an iteration, so the same contributions give the same bits everywhere.
 *
 * <p>Memory: a chunk of float32 values for everybody who contributed, and two more. Reference:
 * Karimireddy, He, Jaggi, ICML 2021; in an all-reduce, where each reducer does it for its part:
 * Gorbunov et al., arXiv 2106.11257.
 */
final class CenteredClip implements Aggregator {
  /** An iteration that moves the centre by less than this part of the radius is the last. */
  private static final double SETTLED = 1e-6;

  private final List<Codec> codecs;
  private final double[] weights;
  private final int valuesMax;
  private final Aggregation.CenteredClip terms;
  private final MemorySegment centre;
  private final double[] move;
  private final List<float[]> rows = new ArrayList<>();
  private final MemorySegment decoded;

  CenteredClip(
      List<Codec> codecs, List<Double> weights, int valuesMax, Aggregation.CenteredClip terms) {
    this.codecs = List.copyOf(codecs);
    this.weights = weights.stream().mapToDouble(Double::doubleValue).toArray();
    this.valuesMax = valuesMax;
    this.terms = terms;
    this.centre = Arena.ofAuto().allocate((long) valuesMax * Float.BYTES, Float.BYTES);
    this.decoded = Arena.ofAuto().allocate((long) valuesMax * Float.BYTES, Float.BYTES);
    this.move = new double[valuesMax];
  }

  @Override
  public Mean reduce(
      @Nullable ByteBuffer[] received, int self, MemorySegment own, long from, int values) {
    List<Double> present = new ArrayList<>();
    double weight = 0;
    for (int member = 0; member < weights.length; member++) {
      ByteBuffer bytes = received[member];
      if (weights[member] == 0 || (member != self && bytes == null)) {
        continue;
      }
      if (member == self) {
        copy(own, from, values, row(present.size()));
      } else if (bytes != null) {
        codecs.get(member).decode(bytes, decoded, 0, values);
        copy(decoded, 0, values, row(present.size()));
      }
      present.add(weights[member]);
      weight += weights[member];
    }
    if (weight > 0) {
      clip(present.stream().mapToDouble(Double::doubleValue).toArray(), weight, values);
    }
    return new Mean(centre, weight);
  }

  private float[] row(int index) {
    if (rows.size() == index) {
      rows.add(new float[valuesMax]);
    }
    return rows.get(index);
  }

  private static void copy(MemorySegment from, long at, int values, float[] to) {
    MemorySegment.copy(from, ValueLayout.JAVA_FLOAT_UNALIGNED, at * Float.BYTES, to, 0, values);
  }

  private void clip(double[] shares, double weight, int values) {
    int count = shares.length;
    float[] v = new float[values];
    startAtMedian(v, count);
    double[] distances = new double[count];
    for (int i = 0; i < count; i++) {
      distances[i] = distance(rows.get(i), v);
    }
    double radius = terms.radius() * median(distances.clone(), count);
    double moved = Double.MAX_VALUE;
    for (int turn = 0; turn < terms.iterations() && moved > SETTLED * radius; turn++) {
      Arrays.fill(move, 0, values, 0);
      for (int i = 0; i < count; i++) {
        double far = distance(rows.get(i), v);
        double share = shares[i] / weight * (far > radius ? radius / far : 1);
        add(rows.get(i), v, share);
      }
      double squares = 0;
      for (int at = 0; at < values; at++) {
        squares += move[at] * move[at];
        v[at] = (float) (v[at] + move[at]);
      }
      moved = Math.sqrt(squares);
    }
    MemorySegment.copy(v, 0, centre, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values);
  }

  private void startAtMedian(float[] v, int count) {
    double[] column = new double[count];
    for (int at = 0; at < v.length; at++) {
      for (int i = 0; i < count; i++) {
        column[i] = rows.get(i)[at];
      }
      v[at] = (float) median(column, count);
    }
  }

  private void add(float[] row, float[] v, double share) {
    for (int at = 0; at < v.length; at++) {
      move[at] += share * ((double) row[at] - v[at]);
    }
  }

  private static double distance(float[] row, float[] v) {
    double squares = 0;
    for (int at = 0; at < v.length; at++) {
      double difference = (double) row[at] - v[at];
      squares += difference * difference;
    }
    return Math.sqrt(squares);
  }

  /** Of an even number, the mean of the two in the middle; sorts what it is given. */
  private static double median(double[] column, int count) {
    Arrays.sort(column, 0, count);
    return (column[(count - 1) / 2] + column[count / 2]) / 2;
  }
}
