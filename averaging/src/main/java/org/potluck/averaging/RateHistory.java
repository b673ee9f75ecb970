package org.potluck.averaging;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One direction of a link, as a series of windows in which some bytes moved.
 *
 * <p>Windows in which much moved, one after the other, make a burst: the data of a round. Within a
 * burst the upper tenth counts, because in part of it the peer waited for others; its first window
 * does not count where there are more, because a socket takes what fits its buffer at once. Of the
 * last bursts the median counts, so that neither one bad round nor one good one decides.
 */
final class RateHistory {
  /** Less in one window is talk, not data. */
  private static final long TALK_BYTES = 8 * 1024;

  /** So much less than in the burst before is its end. */
  private static final double FADES = 0.05;

  /** A peer that is given little to carry never shows what it could; see {@link LinkMeter}. */
  private static final double HEADROOM = 1.25;

  private static final int WINDOWS_MAX = 600;
  private static final int BURSTS_MAX = 9;

  private final List<Double> burst = new ArrayList<>();
  private final Deque<Double> bursts = new ArrayDeque<>();
  private double highest;

  /** Of a window of {@code seconds}, above zero. */
  void add(long bytes, double seconds) {
    double rate = bytes / Math.max(1e-3, seconds);
    boolean data = bytes >= TALK_BYTES && rate >= FADES * highest;
    if (data && burst.size() < WINDOWS_MAX) {
      burst.add(rate);
      highest = Math.max(highest, rate);
    } else if (!burst.isEmpty()) {
      bursts.add(of(burst));
      burst.clear();
      highest = 0;
      if (bursts.size() > BURSTS_MAX) {
        bursts.remove();
      }
    }
  }

  /** Zero while nothing is known. */
  double bytesPerSecond() {
    return bursts.isEmpty() ? 0 : quantile(List.copyOf(bursts), 0.5);
  }

  /** What to declare: a quarter more than was seen; zero while nothing is known. */
  double declaredBytesPerSecond() {
    return bytesPerSecond() * HEADROOM;
  }

  private static double of(List<Double> burst) {
    List<Double> counted = burst.size() < 3 ? burst : burst.subList(1, burst.size());
    return quantile(counted, 0.9);
  }

  private static double quantile(List<Double> values, double part) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get((int) Math.min(sorted.size() - 1L, (long) (part * sorted.size())));
  }
}
