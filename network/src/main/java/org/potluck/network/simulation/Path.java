package org.potluck.network.simulation;

import java.util.ArrayDeque;

/**
 * One direction of a connection: delays what passes, keeps its order, and holds it back while the
 * two peers are parted.
 *
 * <p>This is the place where loss or corruption would be decided, once there are datagrams; streams
 * are reliable, so to them loss is only delay.
 */
final class Path {
  private final Simulation simulation;
  private final SimulatedNetwork from;
  private final SimulatedNetwork to;
  private final LinkProfile link;
  private final ArrayDeque<Runnable> held = new ArrayDeque<>();
  private long lastArrivalNanos;

  Path(Simulation simulation, SimulatedNetwork from, SimulatedNetwork to, LinkProfile link) {
    this.simulation = simulation;
    this.from = from;
    this.to = to;
    this.link = link;
  }

  /** Runs {@code onArrival} at the other end, after everything sent before. */
  void send(EventKind kind, long detail, Runnable onArrival) {
    send(kind, detail, 0, onArrival);
  }

  void send(EventKind kind, long detail, long extraNanos, Runnable onArrival) {
    long now = simulation.nowNanos();
    lastArrivalNanos =
        Math.max(lastArrivalNanos, now + extraNanos + simulation.drawDelayNanos(link));
    simulation.plan(
        lastArrivalNanos - now, kind, to, from.host().index, detail, () -> arrive(onArrival));
  }

  boolean parted() {
    return simulation.topology().parted(from.host(), to.host());
  }

  /** Lets pass what was held; called when a partition or stall ends. */
  void release() {
    if (!held.isEmpty()) {
      simulation.plan(0, EventKind.RELEASED, to, from.host().index, held.size(), this::letPass);
    }
  }

  private void arrive(Runnable onArrival) {
    if (!held.isEmpty() || parted()) {
      held.add(onArrival);
    } else {
      onArrival.run();
    }
  }

  private void letPass() {
    while (!held.isEmpty() && !parted()) {
      held.remove().run();
    }
  }
}
