package org.potluck.peer.simulate;

import org.potluck.network.simulation.Faults;
import org.potluck.peer.report.RunReport;

/**
 * What a scenario came to.
 *
 * @param report as a real run writes it, in virtual seconds
 * @param faults what was allowed to go wrong, drawn or given
 * @param timelineHash equal for equal timelines
 * @param events of the simulation
 * @param heldOutLoss of the model that is furthest among honest peers, on text that nobody trains
 *     on, nats per token; NaN when nobody is left
 */
public record Outcome(
    RunReport report, Faults faults, long timelineHash, long events, double heldOutLoss) {}
