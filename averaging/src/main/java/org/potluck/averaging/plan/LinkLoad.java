package org.potluck.averaging.plan;

/**
 * What one member moves, as a function of its share: seconds = base + slope * share, for each of
 * its two directions.
 *
 * <p>With V values, m contributors, r receivers, and c_up and c_down bytes per value towards and
 * from reducers, a member with share w uploads c_up V (1 - w) [contributes] + c_down V w (r -
 * [receives]) bytes and downloads c_up V w (m - [contributes]) + c_down V (1 - w) [receives]. Both
 * are linear in w, which is what makes the plan solvable by bisection. Where members contribute in
 * codecs of their own, c_up is that of who sends, and c_up m is the sum of all of them.
 */
record LinkLoad(double upBase, double upSlope, double downBase, double downSlope, double shareMax) {

  /** The same member, given nothing to reduce. */
  LinkLoad withoutShare() {
    return new LinkLoad(upBase, upSlope, downBase, downSlope, 0);
  }

  double seconds(double share) {
    return Math.max(upBase + upSlope * share, downBase + downSlope * share);
  }

  /** The smallest share with which it is done in time; NaN when there is none. */
  double least(double seconds) {
    return bound(seconds, false);
  }

  /** The largest share with which it is done in time; NaN when there is none. */
  double most(double seconds) {
    return bound(seconds, true);
  }

  private double bound(double seconds, boolean most) {
    double low = 0;
    double high = shareMax;
    double[][] lines = {{upBase, upSlope}, {downBase, downSlope}};
    for (double[] line : lines) {
      double slack = seconds - line[0];
      if (line[1] > 0) {
        high = Math.min(high, slack / line[1]);
      } else if (line[1] < 0) {
        low = Math.max(low, slack / line[1]);
      } else if (slack < 0) {
        return Double.NaN;
      }
    }
    if (low > high) {
      return Double.NaN;
    }
    return most ? high : low;
  }
}
