package org.potluck.peer.bench.worker;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

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
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(values.asByteBuffer());
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** What float32 sums of {@code members} weighted values of magnitude one may be off by. */
  static double sumBound(int members) {
    return 2 * FLOAT_ULP * (members + 1) * MAGNITUDE;
  }

  /**
   * The largest distance of a value from the weighted mean of {@code seats}; of values that are
   * nearer to the mean without the {@code doubtful} ones, the distance from that.
   */
  static double worstError(
      MemorySegment average,
      long epoch,
      List<Integer> seats,
      List<Double> weights,
      List<Integer> doubtful) {
    double all = weights.stream().mapToDouble(Double::doubleValue).sum();
    double sure = all;
    boolean[] unsure = new boolean[seats.size()];
    for (int place : doubtful) {
      unsure[place] = true;
      sure -= weights.get(place);
    }
    int[] seat = seats.stream().mapToInt(Integer::intValue).toArray();
    double[] weight = weights.stream().mapToDouble(Double::doubleValue).toArray();
    double worst = 0;
    for (long i = 0; i < average.byteSize() / Float.BYTES; i++) {
      double sum = 0;
      double doubted = 0;
      for (int s = 0; s < seat.length; s++) {
        double part = weight[s] * value(epoch, seat[s], i);
        sum += part;
        doubted += unsure[s] ? part : 0;
      }
      double is = average.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i * Float.BYTES);
      double off = Math.abs(is - sum / all);
      if (doubted != 0) {
        off = Math.min(off, Math.abs(is - (sum - doubted) / sure));
      }
      // NaN is the worst of all: max keeps it.
      worst = Math.max(worst, off);
    }
    return worst;
  }
}
