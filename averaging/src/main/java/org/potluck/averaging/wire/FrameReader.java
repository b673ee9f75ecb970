package org.potluck.averaging.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of a stream into frames: four bytes length of what follows (big-endian), one byte
 * kind, body.
 *
 * <p>The body is copied once, into an array of exactly its size, which the receiver may keep. The
 * array grows with what has arrived, so that a length alone buys nobody memory.
 */
public final class FrameReader {
  private static final int FIRST_BYTES = 16 * 1024;

  private final int bodyBytesMax;
  private final byte[] header = new byte[Frames.HEADER_BYTES];
  private int headerBytes;
  private byte[] body = new byte[0];
  private int bodyBytes;
  private int bodyLength;

  /**
   * @param bodyBytesMax a longer frame breaks the protocol
   */
  public FrameReader(int bodyBytesMax) {
    this.bodyBytesMax = bodyBytesMax;
  }

  /**
   * Consumes bytes up to the end of the next frame; call again until it returns null.
   *
   * @return a whole frame, or null when all of {@code data} is consumed
   * @throws FrameException when the bytes are not frames; the reader is of no use afterwards
   */
  public @Nullable Frame next(ByteBuffer data) throws FrameException {
    while (headerBytes < header.length && data.hasRemaining()) {
      header[headerBytes++] = data.get();
      if (headerBytes == header.length) {
        begin();
      }
    }
    if (headerBytes < header.length) {
      return null;
    }
    int bytes = Math.min(data.remaining(), bodyLength - bodyBytes);
    reserve(bodyBytes + bytes);
    data.get(body, bodyBytes, bytes);
    bodyBytes += bytes;
    if (bodyBytes < bodyLength) {
      return null;
    }
    FrameKind kind = FrameKind.of(header[Integer.BYTES]);
    if (kind == null) {
      throw new FrameException("frame of unknown kind " + header[Integer.BYTES]);
    }
    Frame frame = new Frame(kind, ByteBuffer.wrap(body, 0, bodyLength));
    headerBytes = 0;
    bodyBytes = 0;
    body = new byte[0];
    return frame;
  }

  private void begin() throws FrameException {
    long length = Integer.toUnsignedLong(ByteBuffer.wrap(header).getInt()) - 1;
    if (length < 0 || length > bodyBytesMax) {
      throw new FrameException("frame of " + length + " bytes; at most " + bodyBytesMax);
    }
    if (header[Integer.BYTES] < 0) {
      throw new FrameException("frame of unknown kind " + header[Integer.BYTES]);
    }
    bodyLength = (int) length;
  }

  private void reserve(int bytes) {
    if (bytes > body.length) {
      int grown = Math.max(bytes, Math.max(FIRST_BYTES, body.length * 2));
      body = java.util.Arrays.copyOf(body, Math.min(bodyLength, grown));
    }
  }
}
