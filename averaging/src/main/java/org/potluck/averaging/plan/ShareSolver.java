package org.potluck.averaging.plan;

import java.util.List;

/**
 * Finds the shares that finish first: minimise over w the time of the slowest member, where each
 * member's time is the larger of two lines in its own share, and shares are zero or more and sum to
 * one.
 *
 * <p>For a given time T every member allows an interval of shares. The intervals only grow with T,
 * and shares that sum to one exist exactly when no interval is empty and the sums of the lower and
 * of the upper ends lie on either side of one. So the best T is found by bisection, each step one
 * pass over the members: no linear-program solver is needed. This is the reduced program of DeDLOC
 * (NeurIPS 2021) with upload and download apart.
 *
 * <p>Often the best T is set by one slow member that is late whatever the others do, and then many
 * shares are equally good. A general solver returns any of them and may load a weak member to the
 * very limit. Here the rest is solved again as if the slow one were absent: a second bisection
 * lowers the time of those who have a choice.
 */
final class ShareSolver {
  /** Enough to halve any interval of doubles down to neighbouring ones. */
  private static final int STEPS = 200;

  private final List<LinkLoad> loads;

  ShareSolver(List<LinkLoad> loads) {
    this.loads = loads;
  }

  /** The best shares; {@code start} is any that are allowed. */
  double[] solve(double[] start) {
    double best = leastTime(Workload.seconds(loads, start));
    int n = loads.size();
    double[] least = new double[n];
    double[] most = new double[n];
    for (int i = 0; i < n; i++) {
      least[i] = loads.get(i).least(best);
      most[i] = loads.get(i).most(best);
    }
    return relaxed(least, most, best);
  }

  /** Bisection on the time; the upper end always stays feasible. */
  private double leastTime(double feasible) {
    double low = 0;
    double high = feasible * (1 + 1e-12) + Double.MIN_NORMAL;
    for (int step = 0; step < STEPS && low < high; step++) {
      double middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) {
        break;
      }
      if (feasible(middle)) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }

  private boolean feasible(double seconds) {
    double least = 0;
    double most = 0;
    for (LinkLoad load : loads) {
      double low = load.least(seconds);
      if (Double.isNaN(low)) {
        return false;
      }
      least += low;
      most += load.most(seconds);
    }
    return least <= 1 && most >= 1;
  }

  /** Of all shares within the limits, those in which members with a choice finish soonest. */
  private double[] relaxed(double[] least, double[] most, double best) {
    double low = 0;
    double high = best;
    for (int step = 0; step < STEPS; step++) {
      double middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) {
        break;
      }
      if (sum(within(least, most, middle)) >= 1) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return summingToOne(least, within(least, most, high));
  }

  private double[] within(double[] least, double[] most, double seconds) {
    double[] shares = new double[least.length];
    for (int i = 0; i < shares.length; i++) {
      double allowed = loads.get(i).most(seconds);
      shares[i] = Double.isNaN(allowed) ? least[i] : Math.clamp(allowed, least[i], most[i]);
    }
    return shares;
  }

  /** Takes what is above one evenly from everything above the least. */
  private static double[] summingToOne(double[] least, double[] shares) {
    double floor = sum(least);
    double total = sum(shares);
    if (total > floor) {
      double keep = Math.clamp((1 - floor) / (total - floor), 0, 1);
      for (int i = 0; i < shares.length; i++) {
        shares[i] = least[i] + (shares[i] - least[i]) * keep;
      }
    }
    return shares;
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }
}
