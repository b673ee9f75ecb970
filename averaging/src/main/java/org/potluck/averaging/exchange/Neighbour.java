package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.wire.Frame;

/** Another member as this one sees it: the links to it, what it said, what waits to be sent. */
final class Neighbour {
  final int index;

  /** Averaged chunks to send it, when no contribution can be sent. */
  final ChunkQueue averages = new ChunkQueue();

  /** Chunks of our contribution to send it. */
  private final Deque<Integer> contributions = new ArrayDeque<>();

  /** How many chunks of our contribution it was ever to get. */
  private int linedUp;

  /** The next of them waits for other reducers to get theirs. */
  boolean held;

  /** The frame of the next of them, once it is encoded. */
  @Nullable ByteBuffer encoded;

  /** Whether it is being encoded. */
  boolean encoding;

  /** Averaged chunks we asked it for. */
  final BitSet asked = new BitSet();

  /** Members that it has lost. */
  final BitSet suspects = new BitSet();

  /** Nothing is expected of it any more. */
  boolean lost;

  /** The latest generation as decided in which it holds the whole average; or -1. */
  long doneGeneration = -1;

  /** It says that it knows the average to be final, */
  boolean settled;

  /** from this generation on. */
  long finalFrom = Long.MAX_VALUE;

  /** How many plans it has shown. */
  int plansShown;

  /** When bytes last came from it, or it took bytes of ours. */
  Instant heard;

  /** What it is told as soon as there is a link for it. */
  private final Deque<ByteBuffer> untold = new ArrayDeque<>();

  /** Averages that came before the decision which they follow from. */
  private final Deque<Frame> ahead = new ArrayDeque<>();

  /** For chunks. */
  private @Nullable Link link;

  /** For all else. */
  private @Nullable Link control;

  private boolean unread;
  private long takenBefore;
  private long flownBefore;
  private boolean stuck;
  private boolean quiet = true;

  Neighbour(int index, Instant now) {
    this.index = index;
    this.heard = now;
  }

  /** The one for chunks. */
  @Nullable Link link() {
    return link;
  }

  /** Whether chunks can be exchanged with it now. */
  boolean linked() {
    return link != null && !lost;
  }

  /** Whether there are both links, be they at their end. */
  boolean reached() {
    return link != null && control != null;
  }

  /** Whether a link such as {@code other} is there already. */
  boolean has(boolean forChunks) {
    return (forChunks ? link : control) != null;
  }

  boolean owns(Link other) {
    return other == link || other == control;
  }

  /** Whether nothing more comes from it. */
  boolean ended() {
    return (link == null || link.ended()) && (control == null || control.ended());
  }

  void attach(Link newLink) {
    if (newLink.carriesChunks()) {
      link = newLink;
      return;
    }
    control = newLink;
    ByteBuffer frame;
    while ((frame = untold.poll()) != null) {
      newLink.write(frame);
    }
  }

  /** Says something, now or as soon as there is a link. */
  void tell(ByteBuffer frame) {
    if (lost) {
      return;
    }
    quiet = false;
    if (control == null) {
      untold.add(frame);
    } else {
      control.write(frame);
    }
  }

  /** Sends a chunk, or a part of one. */
  void send(ByteBuffer frame) {
    if (link != null && !lost) {
      link.write(frame);
    }
  }

  boolean writable() {
    return link != null && !lost && link.stream().writable();
  }

  /**
   * Sends a sign of life where nothing was said since this was last called, nor waits to be. That
   * chunks are sent is none: it may not read them.
   */
  void assure(ByteBuffer sign) {
    if (quiet && control != null && !lost && control.stream().queuedBytes() == 0) {
      control.write(sign);
    }
    quiet = true;
  }

  /**
   * Looks whether it took chunks since this was last asked, which is a sign of life too.
   *
   * <p>What we say does not count, our own signs of life among it: the network takes that in for
   * minutes when nobody is there any more.
   */
  void lookAtQueue(Instant now) {
    long taken = taken();
    if (taken > takenBefore) {
      heard = now;
      takenBefore = taken;
    }
  }

  /** From now on {@link #lookAtFlow} looks what it takes. */
  void beginLooking() {
    flownBefore = taken();
    stuck = false;
  }

  /**
   * Looks whether it has taken nothing of what waits for it since that was last looked at.
   *
   * <p>How much waits says nothing of that: it is filled up as it drains, by chunks of one size, so
   * two looks often find the same.
   */
  void lookAtFlow() {
    long taken = taken();
    stuck = link != null && link.stream().queuedBytes() > 0 && taken == flownBefore;
    flownBefore = taken;
  }

  /** Whether it took nothing when that was last looked at. */
  boolean stuck() {
    return stuck;
  }

  private long taken() {
    return link == null ? 0 : link.taken();
  }

  /** Reads no more of the chunks that it sends, or goes on. What it says is read all the time. */
  void pause(boolean paused) {
    unread = paused;
    pauseOrGoOn();
  }

  private void pauseOrGoOn() {
    if (link != null && !lost) {
      boolean _ = link.pause(unread || !ahead.isEmpty());
    }
  }

  /**
   * An average came before the decision which it follows from: the two travel apart. It waits, and
   * all behind it does so unread; what was read together with it is at most one transport frame.
   */
  void holdBack(Frame frame) {
    ahead.add(frame);
    pauseOrGoOn();
  }

  /** What was held back, once there is a decision; the rest is read again. */
  List<Frame> goOn() {
    List<Frame> held = List.copyOf(ahead);
    ahead.clear();
    pauseOrGoOn();
    return held;
  }

  /** It is to get a chunk of our contribution. */
  void lineUp(int chunk) {
    contributions.add(chunk);
    linedUp++;
  }

  /**
   * The next chunk of our contribution for it, which is in line no more; null when there is none.
   */
  @Nullable Integer nextInLine() {
    return contributions.poll();
  }

  /** Takes chunks out of the line. */
  void withdraw(IntPredicate which) {
    int before = contributions.size();
    contributions.removeIf(which::test);
    linedUp -= before - contributions.size();
  }

  /** The part of our contribution to it that its stream has taken; from 0 to 1. */
  double served() {
    int left = contributions.size() + (encoded == null && !encoding ? 0 : 1);
    return linedUp == 0 ? 1 : 1 - (double) left / linedUp;
  }

  /** Whether it takes what we send, as far as is known, and waits for some of our contribution. */
  boolean isBeingServed() {
    return linked() && !stuck && (!contributions.isEmpty() || encoded != null || encoding);
  }

  void stopContributing() {
    linedUp = 0;
    contributions.clear();
    encoded = null;
  }

  void lose() {
    lost = true;
    averages.clear();
    stopContributing();
    untold.clear();
    ahead.clear();
    reset(link);
    reset(control);
  }

  private static void reset(@Nullable Link one) {
    if (one != null && !one.ended()) {
      one.reset();
    }
  }

  /** Lets what is queued out; nothing that comes is heard any more. */
  void close() {
    if (link != null) {
      link.close();
    }
    if (control != null) {
      control.close();
    }
  }
}
