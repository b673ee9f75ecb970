package org.potluck.averaging.wire;

import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;

/** Lays frames out for writing. */
public final class Frames {
  /** Length and kind. */
  public static final int HEADER_BYTES = Integer.BYTES + 1;

  private Frames() {}

  /** A frame whose body is {@code message}. */
  public static ByteBuffer of(FrameKind kind, MessageLite message) {
    byte[] body = message.toByteArray();
    return begin(kind, body.length).put(body).flip();
  }

  /** A frame without a body. */
  public static ByteBuffer of(FrameKind kind) {
    return begin(kind, 0).flip();
  }

  /** A buffer for a frame of {@code bodyBytes}, positioned at the start of the body. */
  public static ByteBuffer begin(FrameKind kind, int bodyBytes) {
    return ByteBuffer.allocate(HEADER_BYTES + bodyBytes)
        .putInt(bodyBytes + 1)
        .put((byte) kind.wireNumber());
  }
}
