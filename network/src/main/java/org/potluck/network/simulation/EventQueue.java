package org.potluck.network.simulation;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * All that is going to happen, ordered by time, ties in the order of planning.
 *
 * <p>Cancelled events stay until their time comes, as searching a heap costs more than they do;
 * once they are the larger half they are swept out, so that long timeouts cannot pile up.
 */
final class EventQueue {
  private static final int SWEEP_MIN = 4096;

  private final PriorityQueue<Event> heap = new PriorityQueue<>();
  private long sequence;
  private long nowNanos;
  private int cancelled;

  long nowNanos() {
    return nowNanos;
  }

  Event add(
      long atNanos,
      EventKind kind,
      @Nullable SimulatedNetwork owner,
      int other,
      long detail,
      Runnable action) {
    Event event =
        new Event(
            this, Math.max(atNanos, nowNanos), sequence++, kind, owner, other, detail, action);
    heap.add(event);
    return event;
  }

  void cancelled() {
    cancelled++;
    if (cancelled >= SWEEP_MIN && cancelled > heap.size() / 2) {
      heap.removeIf(event -> !event.live());
      cancelled = 0;
    }
  }

  /** Takes the next event due by {@code limitNanos} and moves time to it; null where none is. */
  @Nullable Event next(long limitNanos) {
    for (Event event = heap.peek(); event != null; event = heap.peek()) {
      if (!event.live()) {
        heap.poll();
        cancelled = Math.max(0, cancelled - 1);
      } else if (event.atNanos > limitNanos) {
        return null;
      } else {
        heap.poll();
        nowNanos = event.atNanos;
        return event;
      }
    }
    return null;
  }

  /** Lets time pass in which nothing happens. */
  void advanceTo(long nanos) {
    nowNanos = Math.max(nowNanos, nanos);
  }
}
