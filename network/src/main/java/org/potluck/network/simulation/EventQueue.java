package org.potluck.network.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All that is going to happen, ordered by time, ties in the order of planning.
 *
 * <p>Most of what is planned are timeouts, and most of those are cancelled. In one heap each would
 * be sifted up, down, and past by all others. So only what is due within the present window of time
 * stands in a heap; all later windows are heaps of things in no order, and whatever was cancelled
 * by the time that a window begins never costs a comparison.
 *
 * <p>Cancelled events stay until their window begins; once they are the larger half they are swept
 * out, so that long timeouts cannot pile up.
 */
final class EventQueue {
  private static final int SWEEP_MIN = 4096;

  /** Windows of 2^22 ns, some 4 ms. */
  private static final int WINDOW_BITS = 22;

  private final PriorityQueue<Event> present = new PriorityQueue<>();
  private final TreeMap<Long, List<Event>> later = new TreeMap<>();
  private long presentWindow;
  private long sequence;
  private long nowNanos;
  private int size;
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
    long window = event.atNanos >> WINDOW_BITS;
    if (window <= presentWindow) {
      present.add(event);
    } else {
      later.computeIfAbsent(window, _ -> new ArrayList<>()).add(event);
    }
    size++;
    return event;
  }

  void cancelled() {
    cancelled++;
    if (cancelled >= SWEEP_MIN && cancelled > size / 2) {
      sweep();
    }
  }

  /** Takes the next event due by {@code limitNanos} and moves time to it; null where none is. */
  @Nullable Event next(long limitNanos) {
    while (true) {
      Event event = present.peek();
      if (event == null) {
        if (later.isEmpty() || later.firstKey() > limitNanos >> WINDOW_BITS) {
          return null;
        }
        beginNextWindow();
      } else if (!event.live()) {
        present.poll();
        forget();
      } else if (event.atNanos > limitNanos) {
        return null;
      } else {
        present.poll();
        size--;
        nowNanos = event.atNanos;
        return event;
      }
    }
  }

  /** Lets time pass in which nothing happens. */
  void advanceTo(long nanos) {
    nowNanos = Math.max(nowNanos, nanos);
  }

  private void beginNextWindow() {
    Map.Entry<Long, List<Event>> next = later.pollFirstEntry();
    presentWindow = next.getKey();
    for (Event event : next.getValue()) {
      if (event.live()) {
        present.add(event);
      } else {
        forget();
      }
    }
  }

  private void forget() {
    size--;
    cancelled = Math.max(0, cancelled - 1);
  }

  private void sweep() {
    present.removeIf(event -> !event.live());
    size = present.size();
    for (List<Event> window : later.values()) {
      window.removeIf(event -> !event.live());
      size += window.size();
    }
    later.values().removeIf(List::isEmpty);
    cancelled = 0;
  }
}
