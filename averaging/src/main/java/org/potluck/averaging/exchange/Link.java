package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameReader;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/**
 * A stream between two members, cut into frames.
 *
 * <p>A remote member may know the plan before we do. Until the link is bound to its round it reads
 * one frame and pauses.
 */
final class Link implements StreamHandler {
  private static final int FRAME_BYTES_MAX = AveragingOptions.CHUNK_BYTES_LIMIT + 64;

  /** Whom frames are for, once that is known. */
  interface Owner {
    void frame(Link link, Frame frame) throws FrameException;

    void progress(Link link);

    void writable(Link link);

    void broken(Link link, String why);

    void ended(Link link, StreamEnd end);
  }

  private final Stream stream;
  private final FrameReader reader = new FrameReader(FRAME_BYTES_MAX);
  private final Deque<Frame> early = new ArrayDeque<>();
  private Owner owner;
  private boolean waiting;
  private boolean ended;

  Link(Stream stream, Owner owner) {
    this.stream = stream;
    this.owner = owner;
    stream.handler(this);
  }

  Stream stream() {
    return stream;
  }

  boolean ended() {
    return ended;
  }

  /** Keeps what comes from now on until {@link #bind}. */
  void hold() {
    waiting = true;
    stream.pauseReading();
  }

  /** Hands the link to {@code newOwner}, with all it has held. */
  void bind(Owner newOwner) {
    owner = newOwner;
    if (waiting) {
      waiting = false;
      stream.resumeReading();
    }
    Frame frame;
    while (!waiting && !ended && (frame = early.poll()) != null) {
      deliver(frame);
    }
  }

  void write(ByteBuffer frame) {
    stream.write(frame);
  }

  void close() {
    stream.closeWrite();
  }

  void reset() {
    ended = true;
    stream.reset();
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    if (ended) {
      return;
    }
    owner.progress(this);
    try {
      @Nullable Frame frame;
      while (!ended && (frame = reader.next(data)) != null) {
        if (waiting) {
          early.add(frame);
        } else {
          deliver(frame);
        }
      }
    } catch (FrameException e) {
      owner.broken(this, String.valueOf(e.getMessage()));
    }
  }

  /** Whatever a frame makes go wrong is the fault of who sent it, and ends here. */
  private void deliver(Frame frame) {
    try {
      owner.frame(this, frame);
    } catch (FrameException | IllegalArgumentException e) {
      owner.broken(this, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void endOfInput(Stream from) {
    stream.closeWrite();
  }

  @Override
  public void writable(Stream from) {
    if (!ended) {
      owner.writable(this);
    }
  }

  @Override
  public void closed(Stream from, StreamEnd end) {
    if (!ended) {
      ended = true;
      owner.ended(this, end);
    }
  }
}
