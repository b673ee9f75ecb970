package org.potluck.averaging.plan;

import java.util.ArrayList;
import java.util.List;
import org.ojalgo.optimisation.Expression;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Optimisation;
import org.ojalgo.optimisation.Variable;

/**
 * What passes between pairs of members, and the shares that finish first when pairs bind.
 *
 * <p>From i to j pass i's contribution to j's span and the average of i's span: c_up V w_j [i
 * contributes] + c_down V w_i [j receives] bytes. That depends on two shares at once, so bisection
 * does not do; the full linear program of DeDLOC (NeurIPS 2021) is left to a solver.
 */
final class PairLoads {
  private static final double NEARLY = 1 + 1e-6;

  /** Seconds per unit of the receiver's and of the sender's share. */
  private record Load(int from, int to, double bySecond, double byFirst) {
    double seconds(double[] shares) {
      return bySecond * shares[to] + byFirst * shares[from];
    }
  }

  private final List<Load> loads = new ArrayList<>();

  PairLoads(
      List<PlanMember> members,
      List<PairLimit> limits,
      double values,
      double upCodecBytes,
      double downCodecBytes) {
    for (PairLimit limit : limits) {
      double rate = Math.max(Workload.RATE_MIN, limit.rate().bytesPerSecond());
      double contributes = members.get(limit.from()).contributedBytes(upCodecBytes);
      double receives = members.get(limit.to()).receives() ? 1 : 0;
      loads.add(
          new Load(
              limit.from(),
              limit.to(),
              contributes * values / rate,
              downCodecBytes * values * receives / rate));
    }
  }

  /** When the last pair is done. */
  double seconds(double[] shares) {
    return loads.stream().mapToDouble(load -> load.seconds(shares)).max().orElse(0);
  }

  /** Whether some pair takes longer than all links together. */
  boolean bind(double[] shares, double linkSeconds) {
    return seconds(shares) > linkSeconds * NEARLY;
  }

  /**
   * The shares that finish first.
   *
   * @param links the members' own, none without a share to take
   * @param fallback what is returned when the solver has no answer
   */
  double[] solve(List<LinkLoad> links, double[] fallback) {
    ExpressionsBasedModel model = new ExpressionsBasedModel();
    Variable time = model.newVariable("time").lower(0).weight(1);
    Expression total = model.newExpression("total").level(1);
    List<Variable> shares = new ArrayList<>();
    for (int i = 0; i < links.size(); i++) {
      LinkLoad link = links.get(i);
      Variable share = model.newVariable("share" + i).lower(0).upper(link.shareMax());
      shares.add(share);
      total.set(share, 1);
      within(model, "up" + i, time, link.upBase()).set(share, -link.upSlope());
      within(model, "down" + i, time, link.downBase()).set(share, -link.downSlope());
    }
    for (int i = 0; i < loads.size(); i++) {
      Load load = loads.get(i);
      within(model, "pair" + i, time, 0)
          .set(shares.get(load.to()), -load.bySecond())
          .set(shares.get(load.from()), -load.byFirst());
    }
    Optimisation.Result result = model.minimise();
    if (!result.getState().isFeasible()) {
      return fallback;
    }
    return shares.stream()
        .mapToDouble(share -> Math.max(0, share.getValue().doubleValue()))
        .toArray();
  }

  /** time - ... >= base */
  private static Expression within(
      ExpressionsBasedModel model, String name, Variable time, double base) {
    return model.newExpression(name).set(time, 1).lower(base);
  }
}
