package org.potluck.peer.simulate;

import java.util.List;
import org.potluck.network.simulation.Faults;
import org.potluck.peer.report.RunReport;

/**
 * What a scenario came to.
 *
 * @param report as a real run writes it, in virtual seconds
 * @param faults what was allowed to go wrong, drawn or given
 * @param timelineHash equal for equal timelines
 * @param events of the simulation
 * @param heldOut of the model that is furthest among honest peers, by what these train on; empty
 *     when nobody is left
 */
public record Outcome(
    RunReport report, Faults faults, long timelineHash, long events, List<HeldOut> heldOut) {
  public Outcome {
    heldOut = List.copyOf(heldOut);
  }

  /**
   * @param text what it was taken on, which nobody trains on
   * @param peers honest ones that train on text of the same kind
   * @param loss nats per token
   */
  public record HeldOut(String text, int peers, double loss) {}

  /** Over all honest peers' texts, each peer's as much; nats per token; NaN when nobody is left. */
  public double heldOutLoss() {
    int peers = heldOut.stream().mapToInt(HeldOut::peers).sum();
    double sum = heldOut.stream().mapToDouble(each -> each.peers() * each.loss()).sum();
    return peers == 0 ? Double.NaN : sum / peers;
  }
}
