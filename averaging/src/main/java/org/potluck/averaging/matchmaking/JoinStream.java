package org.potluck.averaging.matchmaking;

import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.rpc.FrameReader;

/** A stream of {@code /potluck/join/1}, either end. */
final class JoinStream implements StreamHandler, FrameReader.Receiver {
  static final String PROTOCOL = "/potluck/join/1";
  private static final int FRAME_BYTES_MAX = 1 << 20;

  /** What happens on it. */
  interface Owner {
    void frame(JoinStream stream, Frame frame) throws FrameException;

    /** It is over; nothing follows. */
    void over(JoinStream stream);
  }

  private final Stream stream;
  private final Owner owner;
  private final FrameReader reader = new FrameReader(Frames.FRAMING, FRAME_BYTES_MAX, this);
  private boolean over;

  JoinStream(Stream stream, Owner owner) {
    this.stream = stream;
    this.owner = owner;
    stream.handler(this);
  }

  PeerId remote() {
    return stream.remote();
  }

  boolean over() {
    return over;
  }

  void send(FrameKind kind, MessageLite message) {
    stream.write(Frames.of(kind, message));
  }

  /** Says nothing more, and hears no more either. */
  void close() {
    over = true;
    stream.closeWrite();
  }

  void reset() {
    over = true;
    stream.reset();
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    reader.feed(data);
  }

  @Override
  public void frame(int marker, ByteBuffer body) {
    if (over) {
      return;
    }
    try {
      owner.frame(this, Frame.of(marker, body));
    } catch (FrameException | IllegalArgumentException e) {
      violation(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void violation(String what) {
    reader.stop();
    stream.reset();
    end();
  }

  @Override
  public void endOfInput(Stream from) {
    stream.closeWrite();
    end();
  }

  @Override
  public void closed(Stream from, StreamEnd how) {
    end();
  }

  private void end() {
    if (!over) {
      over = true;
      owner.over(this);
    }
  }
}
