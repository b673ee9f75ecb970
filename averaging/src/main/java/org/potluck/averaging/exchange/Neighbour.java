package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Another member as this one sees it: the link to it and what waits to be sent.
 *
 * <p>Averages go before contributions, for others wait for them. Chunks are encoded only when the
 * stream takes them, so that what waits here are numbers, not bytes.
 */
final class Neighbour {
  final int index;
  final Deque<Integer> averages = new ArrayDeque<>();
  final Deque<Integer> contributions = new ArrayDeque<>();

  /** Averaged chunks we asked it for. */
  final BitSet asked = new BitSet();

  /** Chunks of its contribution that came before we knew that they are ours to reduce. */
  int early;

  /** Nothing is expected of it any more. */
  boolean lost;

  /** It holds the whole average. */
  boolean done;

  Instant heard;
  private final Deque<ByteBuffer> control = new ArrayDeque<>();
  private @Nullable Link link;

  Neighbour(int index, Instant now) {
    this.index = index;
    this.heard = now;
  }

  @Nullable Link link() {
    return link;
  }

  void attach(Link newLink) {
    link = newLink;
  }

  /** Sends a small frame, now or as soon as there is a link. */
  void send(ByteBuffer frame) {
    if (lost) {
      return;
    }
    if (link == null) {
      control.add(frame);
    } else {
      link.write(frame);
    }
  }

  void sendHeld() {
    ByteBuffer frame;
    while (link != null && (frame = control.poll()) != null) {
      link.write(frame);
    }
  }

  boolean writable() {
    return link != null && !lost && link.stream().writable();
  }

  void lose() {
    lost = true;
    averages.clear();
    contributions.clear();
    control.clear();
    if (link != null && !link.ended()) {
      link.reset();
    }
  }
}
