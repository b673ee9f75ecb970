package org.potluck.network.simulation;

import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;

/** Something that happens at one instant of virtual time, to one peer or to the whole network. */
final class Event implements Comparable<Event>, EventLoop.Timer {
  final long atNanos;
  final EventKind kind;
  final @Nullable SimulatedNetwork owner;
  final int other;
  final long detail;
  private final long sequence;
  private final EventQueue queue;
  private @Nullable Runnable action;

  /**
   * @param owner whose loop it runs on; it never happens once that peer is gone
   * @param other index of the peer it comes from, or -1
   * @param detail a number for the timeline, for instance of bytes
   */
  Event(
      EventQueue queue,
      long atNanos,
      long sequence,
      EventKind kind,
      @Nullable SimulatedNetwork owner,
      int other,
      long detail,
      Runnable action) {
    this.queue = queue;
    this.atNanos = atNanos;
    this.sequence = sequence;
    this.kind = kind;
    this.owner = owner;
    this.other = other;
    this.detail = detail;
    this.action = action;
  }

  @Override
  public void cancel() {
    if (action != null) {
      action = null;
      queue.cancelled();
    }
  }

  boolean live() {
    return action != null && (owner == null || owner.alive());
  }

  /** The action, once. */
  Runnable take() {
    Runnable taken = action;
    if (taken == null) {
      throw new IllegalStateException("cancelled or run before");
    }
    action = null;
    return taken;
  }

  @Override
  public int compareTo(Event that) {
    int byTime = Long.compare(atNanos, that.atNanos);
    return byTime != 0 ? byTime : Long.compare(sequence, that.sequence);
  }
}
