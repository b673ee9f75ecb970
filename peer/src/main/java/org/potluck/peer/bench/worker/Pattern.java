package org.potluck.peer.bench.worker;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.potluck.network.Sha256;

/**
 * Contributions that everybody can work out: value {@code i} of seat {@code s} in epoch {@code e}
 * is a pure function of the three, evenly spread from -1 to 1. So every worker knows the exact mean
 * without having seen the others' vectors, and no average of an earlier epoch passes for a new one.
 */
final class Pattern {
  static final double MAGNITUDE = 1;
  private static final double FLOAT_ULP = 0x1p-23;

  private Pattern() {}

  static float value(long epoch, int seat, long index) {
    long mixed = (index * 31 + seat) * 0x9E3779B97F4A7C15L + epoch * 0xD1B54A32D192ED03L;
    mixed = (mixed ^ (mixed >>> 32)) * 0xDABA0B6EB09322E3L;
    mixed ^= mixed >>> 32;
    return ((int) mixed >> 7) * 0x1p-24f;
  }

  static void fill(MemorySegment values, long epoch, int seat) {
    for (long i = 0; i < values.byteSize() / Float.BYTES; i++) {
      values.setAtIndex(ValueLayout.JAVA_FLOAT, i, value(epoch, seat, i));
    }
  }

  static String digest(MemorySegment values) {
    MessageDigest sha256 = Sha256.begin();
    sha256.update(values.asByteBuffer());
    return HexFormat.of().formatHex(sha256.digest());
  }

  /** What float32 sums of {@code members} weighted values of magnitude one may be off by. */
  static double sumBound(int members) {
    return 2 * FLOAT_ULP * (members + 1) * MAGNITUDE;
  }

  /**
   * The largest distance of a value from the weighted mean of {@code seats}, or from the mean
   * without some of the {@code doubtful} ones where that is nearer: every chunk of a vector may
   * lack others.
   */
  static double worstError(
      MemorySegment average,
      long epoch,
      List<Integer> seats,
      List<Double> weights,
      List<Integer> doubtful) {
    int[] seat = seats.stream().mapToInt(Integer::intValue).toArray();
    double[] weight = weights.stream().mapToDouble(Double::doubleValue).toArray();
    int[] unsure = doubtful.stream().mapToInt(Integer::intValue).toArray();
    double all = weights.stream().mapToDouble(Double::doubleValue).sum();
    double[] parts = new double[seat.length];
    double worst = 0;
    for (long i = 0; i < average.byteSize() / Float.BYTES; i++) {
      double sum = 0;
      for (int s = 0; s < seat.length; s++) {
        parts[s] = weight[s] * value(epoch, seat[s], i);
        sum += parts[s];
      }
      double is = average.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i * Float.BYTES);
      double off = Math.abs(is - sum / all);
      for (int without = 1; without < 1 << unsure.length; without++) {
        double missing = 0;
        double missingWeight = 0;
        for (int d = 0; d < unsure.length; d++) {
          if ((without >> d & 1) == 1) {
            missing += parts[unsure[d]];
            missingWeight += weight[unsure[d]];
          }
        }
        if (missingWeight < all) {
          off = Math.min(off, Math.abs(is - (sum - missing) / (all - missingWeight)));
        }
      }
      // NaN is the worst of all: max keeps it.
      worst = Math.max(worst, off);
    }
    return worst;
  }
}
