package org.potluck.network.rpc;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into frames, however they were split on the way.
 *
 * <p>A length is checked before anything is kept, and memory grows with the bytes that really
 * arrived, never with the length that was claimed. After a violation nothing more is read.
 */
public final class FrameReader {
  private static final int FIRST_BYTES = 16 << 10;
  private static final byte[] NOTHING = {};

  private final Framing framing;
  private final int frameBytesMax;
  private final Receiver receiver;
  private final byte[] head;
  private int headCount;
  private int length;
  private byte[] body = NOTHING;
  private int bodyCount;
  private @Nullable ByteBuffer room;
  private boolean inBody;
  private boolean stopped;

  /**
   * @param frameBytesMax the largest body that is accepted
   */
  public FrameReader(Framing framing, int frameBytesMax, Receiver receiver) {
    if (frameBytesMax < 0) {
      throw new IllegalArgumentException("negative limit: " + frameBytesMax);
    }
    this.framing = framing;
    this.frameBytesMax = frameBytesMax;
    this.receiver = receiver;
    this.head = new byte[framing.headBytesMax()];
  }

  /** What comes out of the bytes. */
  public interface Receiver {
    /**
     * Where the body of a frame that has begun is to be gathered, where the receiver wants to keep
     * it without a copy. Its memory is then the receiver's care: the length is only claimed.
     *
     * @param length within the reader's limit
     * @return a buffer whose next {@code length} bytes are filled from its position on, or null
     */
    default @Nullable ByteBuffer room(int marker, int length) {
      return null;
    }

    /**
     * A complete frame.
     *
     * @param marker its marker, zero where the framing has none
     * @param body valid only during this call, unless it is the receiver's own room
     */
    void frame(int marker, ByteBuffer body);

    /** The bytes are no frames; nothing follows. */
    void violation(String what);
  }

  /** Takes all bytes of {@code data}. */
  public void feed(ByteBuffer data) {
    while (!stopped && (data.hasRemaining() || (inBody && length == 0))) {
      if (inBody) {
        readBody(data);
      } else {
        readHead(data.get());
      }
    }
    data.position(data.limit());
  }

  /** Whether no frame has begun that is not complete: only here may a stream end. */
  public boolean atBoundary() {
    return !stopped && headCount == 0;
  }

  /** Drops everything from now on; may be called while receiving a frame. */
  public void stop() {
    stopped = true;
    body = NOTHING;
  }

  private void readHead(byte next) {
    head[headCount++] = next;
    long claimed = framing.length(head, headCount);
    if (claimed == Framing.INVALID) {
      violate("the length of a frame is not a number");
    } else if (claimed > frameBytesMax) {
      violate("a frame of " + claimed + " bytes, of which " + frameBytesMax + " are allowed");
    } else if (claimed != Framing.INCOMPLETE) {
      length = (int) claimed;
      inBody = true;
      room = receiver.room(framing.marker(head), length);
    }
  }

  private void readBody(ByteBuffer data) {
    ByteBuffer place = room;
    if (place != null) {
      fill(place, data);
      return;
    }
    if (bodyCount == 0 && data.remaining() >= length) {
      ByteBuffer whole = data.slice(data.position(), length);
      data.position(data.position() + length);
      emit(whole);
      return;
    }
    int take = Math.min(length - bodyCount, data.remaining());
    if (body.length < bodyCount + take) {
      long grown = Math.max(Math.max(FIRST_BYTES, 2L * body.length), (long) bodyCount + take);
      body = Arrays.copyOf(body, (int) Math.min(length, grown));
    }
    data.get(body, bodyCount, take);
    bodyCount += take;
    if (bodyCount == length) {
      emit(ByteBuffer.wrap(body, 0, length));
    }
  }

  private void fill(ByteBuffer place, ByteBuffer data) {
    int take = Math.min(length - bodyCount, data.remaining());
    place.put(place.position() + bodyCount, data, data.position(), take);
    data.position(data.position() + take);
    bodyCount += take;
    if (bodyCount == length) {
      room = null;
      emit(place.limit(place.position() + length));
    }
  }

  private void emit(ByteBuffer frame) {
    int marker = framing.marker(head);
    headCount = 0;
    bodyCount = 0;
    inBody = false;
    body = NOTHING;
    receiver.frame(marker, frame);
  }

  private void violate(String what) {
    stop();
    receiver.violation(what);
  }
}
