package org.potluck.averaging.wire;

import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import org.potluck.network.rpc.Framing;

/** Lays frames out for writing. */
public final class Frames {
  /** Four bytes length of what follows (big-endian), one byte kind, body. */
  public static final Framing FRAMING = Framing.INT32_MARKED;

  /** Length and kind. */
  public static final int HEADER_BYTES = Integer.BYTES + 1;

  private Frames() {}

  /** A frame whose body is {@code message}. */
  public static ByteBuffer of(FrameKind kind, MessageLite message) {
    return FRAMING.encode(kind.wireNumber(), message);
  }

  /** A frame without a body. */
  public static ByteBuffer of(FrameKind kind) {
    return begin(kind, 0).flip();
  }

  /** What stands before a body of {@code bodyBytes}. */
  public static ByteBuffer header(FrameKind kind, int bodyBytes) {
    return ByteBuffer.allocate(HEADER_BYTES)
        .putInt(bodyBytes + 1)
        .put((byte) kind.wireNumber())
        .flip();
  }

  /** A buffer for a frame of {@code bodyBytes}, positioned at the start of the body. */
  public static ByteBuffer begin(FrameKind kind, int bodyBytes) {
    return FRAMING.start(kind.wireNumber(), bodyBytes);
  }
}
