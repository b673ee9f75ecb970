package org.potluck.network.simulation;

import java.time.Duration;
import java.time.InstantSource;
import org.potluck.network.EventLoop;

/** One peer's view of the one event queue. */
final class SimulatedLoop implements EventLoop {
  private final Simulation simulation;
  private final SimulatedNetwork owner;

  SimulatedLoop(Simulation simulation, SimulatedNetwork owner) {
    this.simulation = simulation;
    this.owner = owner;
  }

  @Override
  public InstantSource clock() {
    return () -> Simulation.START.plusNanos(owner.host().clockNanos(simulation.nowNanos()));
  }

  @Override
  public void execute(Runnable task) {
    simulation.plan(0, EventKind.TASK, owner, -1, 0, task);
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("negative delay: " + delay);
    }
    return simulation.plan(
        owner.host().trueNanos(Simulation.nanos(delay)), EventKind.TIMER, owner, -1, 0, task);
  }

  @Override
  public boolean inLoop() {
    return simulation.mayActAs(owner);
  }
}
