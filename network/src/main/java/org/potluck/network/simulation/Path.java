package org.potluck.network.simulation;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a connection: delays what passes, keeps its order, and holds it back while the
 * two peers are parted.
 *
 * <p>Streams are reliable, so to them loss is delay: a packet that was lost is repeated a round
 * trip later, once again with doubling timeouts, and all behind it wait. Loss also limits the rate,
 * as congestion control takes it for a full link: {@code 1.22 · packet / (round trip · √loss)}
 * bytes per second (Mathis et al., 1997). A packet lost too often is the end of the connection.
 */
final class Path {
  private static final int PACKET_BYTES = 1460;
  private static final double MATHIS = 1.22;
  private static final long REPEAT_MIN_NANOS = 200_000_000;

  private final Simulation simulation;
  private final SimulatedNetwork from;
  private final SimulatedNetwork to;
  private final LinkProfile link;
  private final long extraNanos;
  private @Nullable ArrayDeque<Runnable> held;
  private Runnable broken = () -> {};
  private long lastArrivalNanos;
  private long congestedUntilNanos;

  Path(Simulation simulation, SimulatedNetwork from, SimulatedNetwork to, LinkProfile link) {
    this.simulation = simulation;
    this.from = from;
    this.to = to;
    this.link = link;
    this.extraNanos = simulation.disturbance().drawConnectionNanos();
  }

  /** Runs {@code reaction} on the sender's side when a packet was lost too often. */
  void whenBroken(Runnable reaction) {
    broken = reaction;
  }

  /** Runs {@code onArrival} at the other end, after everything sent before. */
  void send(EventKind kind, long detail, Runnable onArrival) {
    send(kind, detail, 0, onArrival);
  }

  void send(EventKind kind, long detail, long laterNanos, Runnable onArrival) {
    long now = simulation.nowNanos();
    long delay = simulation.drawDelayNanos(link) + extraNanos;
    long lossNanos = 0;
    Disturbance disturbance = simulation.disturbance();
    if (disturbance.active()) {
      delay += disturbance.drawJitterNanos();
      if (disturbance.lossShare() > 0) {
        lossNanos = lossNanos(disturbance, kind == EventKind.ARRIVED ? detail : 1, 2 * delay);
      }
    }
    lastArrivalNanos = Math.max(lastArrivalNanos, now + laterNanos + delay + lossNanos);
    simulation.plan(
        lastArrivalNanos - now, kind, to, from.host().index, detail, () -> arrive(onArrival));
  }

  boolean parted() {
    return simulation.topology().parted(from.host(), to.host());
  }

  /** Lets pass what was held; called when a partition or stall ends. */
  void release() {
    if (held != null) {
      simulation.plan(0, EventKind.RELEASED, to, from.host().index, held.size(), this::letPass);
    }
  }

  private long lossNanos(Disturbance disturbance, long bytes, long roundTripNanos) {
    long now = simulation.nowNanos();
    double secondsPerByte =
        roundTripNanos / 1e9 * Math.sqrt(disturbance.lossShare()) / (MATHIS * PACKET_BYTES);
    congestedUntilNanos =
        Math.max(congestedUntilNanos, now) + Math.round(bytes * secondsPerByte * 1e9);
    int repeats = disturbance.drawRepeats((bytes + PACKET_BYTES - 1) / PACKET_BYTES);
    long repeating = 0;
    if (repeats > 0) {
      repeating = roundTripNanos;
      long timeout = Math.max(REPEAT_MIN_NANOS, 2 * roundTripNanos);
      for (int again = 1; again < repeats; again++) {
        repeating += timeout;
        timeout *= 2;
      }
      simulation.timeline().record(EventKind.REPEATED, now, from.host().index, -1, repeats);
      if (repeats >= simulation.conditions().repeatsMax()) {
        simulation.plan(repeating, EventKind.BROKEN, from, to.host().index, repeats, broken);
      }
    }
    return congestedUntilNanos - now + repeating;
  }

  private void arrive(Runnable onArrival) {
    if (held != null) {
      held.add(onArrival);
    } else if (parted()) {
      held = new ArrayDeque<>(List.of(onArrival));
    } else {
      onArrival.run();
    }
  }

  private void letPass() {
    while (held != null && !parted()) {
      Runnable next = held.remove();
      if (held.isEmpty()) {
        held = null;
      }
      next.run();
    }
  }
}
