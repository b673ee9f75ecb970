package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.rpc.FrameReader;

/**
 * A stream between two members, cut into frames. There are two to each pair: one for chunks, which
 * may be left unread for a while, and one for all else, which never is.
 *
 * <p>A remote member may know the plan before we do. Until the link is bound to its round it reads
 * one frame and pauses.
 */
final class Link implements StreamHandler, FrameReader.Receiver {
  private static final int FRAME_BYTES_MAX = AveragingOptions.CHUNK_BYTES_LIMIT + 128;
  private static final int QUEUE_BYTES_MIN = 64 << 10;
  private static final int QUEUE_BYTES_MAX = 1 << 20;

  /** Whom frames are for, once that is known. */
  interface Owner {
    void frame(Link link, Frame frame) throws FrameException;

    /** Where the body of a frame is to be gathered, or null. */
    default @Nullable ByteBuffer room(Link link, int marker, int length) {
      return null;
    }

    default void progress(Link link) {}

    default void writable(Link link) {}

    void broken(Link link, String why);

    void ended(Link link, StreamEnd end);
  }

  /** Of links that are over: timers and streams may know them for a while, but no round. */
  private static final Owner NOBODY =
      new Owner() {
        @Override
        public void frame(Link link, Frame frame) {}

        @Override
        public void broken(Link link, String why) {}

        @Override
        public void ended(Link link, StreamEnd end) {}
      };

  private final Stream stream;
  private final FrameReader reader = new FrameReader(Frames.FRAMING, FRAME_BYTES_MAX, this);
  private final Deque<Frame> early = new ArrayDeque<>();
  private Owner owner;
  private long written;
  private boolean waiting;
  private boolean paused;
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

  /** Whether chunks travel on it, and nothing else. */
  boolean carriesChunks() {
    return stream.protocol().equals(Rounds.PROTOCOL);
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
      Frame frame;
      while (!ended && (frame = early.poll()) != null) {
        deliver(frame);
      }
      if (!ended && !paused) {
        stream.resumeReading();
      }
    }
  }

  /**
   * Stops reading, or goes on.
   *
   * @return whether that changed anything
   */
  boolean pause(boolean newPaused) {
    if (paused == newPaused || ended) {
      return false;
    }
    paused = newPaused;
    if (paused) {
      stream.pauseReading();
    } else if (!waiting) {
      stream.resumeReading();
    }
    return true;
  }

  boolean paused() {
    return paused;
  }

  void write(ByteBuffer frame) {
    written += frame.remaining();
    stream.write(frame);
  }

  /**
   * Lets the stream take frames until so many of the longest wait in it, or more short ones of
   * {@link #QUEUE_BYTES_MIN} together. It takes one as long as less than its high-water mark is
   * queued, so the mark is where all but the last of them are.
   *
   * @param bodyBytes of the longest frame
   */
  void queueAtMost(int frames, int bodyBytes) {
    long allButOne = (frames - 1L) * (Frames.HEADER_BYTES + bodyBytes);
    stream.highWater(Math.clamp(allButOne + 1, QUEUE_BYTES_MIN, QUEUE_BYTES_MAX));
  }

  /** How many bytes of what was written here have left the stream. */
  long taken() {
    return written - stream.queuedBytes();
  }

  /** Lets what is queued out; nothing that comes is heard any more. */
  void close() {
    owner = NOBODY;
    boolean _ = pause(false);
    stream.closeWrite();
  }

  void reset() {
    ended = true;
    owner = NOBODY;
    reader.stop();
    stream.reset();
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    if (!ended) {
      owner.progress(this);
    }
    reader.feed(data);
  }

  @Override
  public @Nullable ByteBuffer room(int marker, int length) {
    return waiting ? null : owner.room(this, marker, length);
  }

  @Override
  public void frame(int marker, ByteBuffer body) {
    try {
      Frame frame = Frame.of(marker, body);
      if (waiting) {
        early.add(frame.copy());
      } else if (!ended) {
        deliver(frame);
      }
    } catch (FrameException e) {
      violation(String.valueOf(e.getMessage()));
    }
  }

  /** Whatever a frame makes go wrong is the fault of who sent it, and ends here. */
  private void deliver(Frame frame) {
    try {
      owner.frame(this, frame);
    } catch (FrameException | IllegalArgumentException e) {
      violation(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void violation(String what) {
    reader.stop();
    if (!ended) {
      owner.broken(this, what);
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
      owner = NOBODY;
    }
  }
}
