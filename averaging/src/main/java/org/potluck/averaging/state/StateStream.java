package org.potluck.averaging.state;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameReader;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/** A stream of {@code /potluck/state/1}, either end. */
final class StateStream implements StreamHandler {
  static final String PROTOCOL = "/potluck/state/1";
  private static final int FRAME_BYTES_MAX = 8 << 20;

  /** What happens on it. */
  interface Owner {
    void frame(StateStream stream, Frame frame) throws FrameException;

    void over(StateStream stream);
  }

  final Stream stream;
  private final Owner owner;
  private final FrameReader reader = new FrameReader(FRAME_BYTES_MAX);
  private boolean over;

  StateStream(Stream stream, Owner owner) {
    this.stream = stream;
    this.owner = owner;
    stream.handler(this);
  }

  /** Ends it without another word to the owner. */
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
    try {
      @Nullable Frame frame;
      while (!over && (frame = reader.next(data)) != null) {
        owner.frame(this, frame);
      }
    } catch (FrameException | IllegalArgumentException e) {
      stream.reset();
      end();
    }
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
