package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Another member as this one sees it: the link to it, what it said, what waits to be sent. */
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

  /** It knows the average to be final. */
  boolean settled;

  /** When bytes last came from it, or it took bytes of ours. */
  Instant heard;

  private final Deque<ByteBuffer> control = new ArrayDeque<>();
  private @Nullable Link link;
  private long takenBefore;
  private long smallBytes;
  private long flownBefore;
  private boolean stuck;
  private boolean quiet = true;

  Neighbour(int index, Instant now) {
    this.index = index;
    this.heard = now;
  }

  @Nullable Link link() {
    return link;
  }

  /** Whether bytes can be exchanged with it now. */
  boolean linked() {
    return link != null && !lost;
  }

  void attach(Link newLink) {
    link = newLink;
    ByteBuffer frame;
    while ((frame = control.poll()) != null) {
      newLink.write(frame);
    }
  }

  /** Sends a small frame, now or as soon as there is a link. */
  void tell(ByteBuffer frame) {
    smallBytes += frame.remaining();
    send(frame);
  }

  /** Sends a chunk, or a part of one. */
  void send(ByteBuffer frame) {
    if (lost) {
      return;
    }
    quiet = false;
    if (link == null) {
      control.add(frame);
    } else {
      link.write(frame);
    }
  }

  boolean writable() {
    return link != null && !lost && link.stream().writable();
  }

  /** Sends a sign of life where nothing was sent since this was last called, nor waits. */
  void assure(ByteBuffer sign) {
    if (quiet && link != null && !lost && link.stream().queuedBytes() == 0) {
      smallBytes += sign.remaining();
      link.write(sign);
    }
    quiet = true;
  }

  /**
   * Looks whether it took bytes since this was last asked, which is a sign of life too.
   *
   * <p>Small frames do not count, our own signs of life among them: the network takes them in for
   * minutes when nobody is there any more.
   */
  void lookAtQueue(Instant now) {
    long taken = taken() - smallBytes;
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

  /** Reads no more of what it sends, or goes on; a member that is not read is not silent. */
  void pause(boolean paused, Instant now) {
    if (link != null && !lost && link.pause(paused) && !paused) {
      heard = now;
    }
  }

  /** Whether it is we who do not read what it sends. */
  boolean paused() {
    return link != null && link.paused();
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
    control.clear();
    if (link != null && !link.ended()) {
      link.reset();
    }
  }
}
