package org.potluck.network.rpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** How a frame says how long it is. */
public enum Framing {
  /** The length as an unsigned LEB128 varint, as in libp2p and hivemind's unary calls. */
  VARINT(5, false) {
    @Override
    long length(byte[] head, int count) {
      if ((head[count - 1] & 0x80) != 0) {
        return count < headBytesMax() ? INCOMPLETE : INVALID;
      }
      long length = 0;
      for (int at = 0; at < count; at++) {
        length |= (long) (head[at] & 0x7F) << (7 * at);
      }
      return length;
    }

    @Override
    void putHead(ByteBuffer out, int marker, int length) {
      int rest = length;
      for (; rest >= 0x80; rest >>>= 7) {
        out.put((byte) (rest | 0x80));
      }
      out.put((byte) rest);
    }
  },

  /** The length as four bytes, big-endian. */
  INT32(4, false) {
    @Override
    long length(byte[] head, int count) {
      return count < headBytesMax() ? INCOMPLETE : ByteBuffer.wrap(head).getInt() & 0xFFFFFFFFL;
    }

    @Override
    void putHead(ByteBuffer out, int marker, int length) {
      out.putInt(length);
    }
  },

  /** A marker byte, then the length as eight bytes, big-endian: hivemind's streaming calls. */
  MARKED_INT64(9, true) {
    @Override
    long length(byte[] head, int count) {
      if (count < headBytesMax()) {
        return INCOMPLETE;
      }
      long length = ByteBuffer.wrap(head).getLong(1);
      return length < 0 ? INVALID : length;
    }

    @Override
    void putHead(ByteBuffer out, int marker, int length) {
      out.put((byte) marker).putLong(length);
    }
  },

  /** The length of what follows as four bytes, big-endian, then a marker byte: averaging. */
  INT32_MARKED(5, true) {
    @Override
    long length(byte[] head, int count) {
      if (count < headBytesMax()) {
        return INCOMPLETE;
      }
      long length = (ByteBuffer.wrap(head).getInt() & 0xFFFFFFFFL) - 1;
      return length < 0 ? INVALID : length;
    }

    @Override
    int marker(byte[] head) {
      return head[Integer.BYTES] & 0xFF;
    }

    @Override
    void putHead(ByteBuffer out, int marker, int length) {
      out.putInt(length + 1).put((byte) marker);
    }
  };

  static final long INCOMPLETE = -1;
  static final long INVALID = -2;

  private final int headBytesMax;
  private final boolean marked;

  Framing(int headBytesMax, boolean marked) {
    this.headBytesMax = headBytesMax;
    this.marked = marked;
  }

  /** A frame around {@code body}, ready to be written. */
  public ByteBuffer encode(byte[] body) {
    return encode(0, body);
  }

  /**
   * @param marker 0 to 255; zero where this framing has no marker
   */
  public ByteBuffer encode(int marker, byte[] body) {
    return start(marker, body.length).put(body).flip();
  }

  /** A frame around the serialized form of {@code message}. */
  public ByteBuffer encode(int marker, MessageLite message) {
    return filled(start(marker, message.getSerializedSize()), message);
  }

  /** {@code frame}, of which {@code message} takes all that is left, ready to be written. */
  static ByteBuffer filled(ByteBuffer frame, MessageLite message) {
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(frame);
      message.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("a buffer of the right size was too small", e);
    }
    return frame.position(frame.limit()).flip();
  }

  /** The longest head there is. */
  int headBytesMax() {
    return headBytesMax;
  }

  int marker(byte[] head) {
    return marked ? head[0] & 0xFF : 0;
  }

  /** The length that stands in the first {@code count} bytes of {@code head}, or why not yet. */
  abstract long length(byte[] head, int count);

  abstract void putHead(ByteBuffer out, int marker, int length);

  /**
   * A buffer for a frame, positioned where its body begins and with room for just that.
   *
   * @param marker 0 to 255; zero where this framing has no marker
   */
  public ByteBuffer start(int marker, int length) {
    if (marker < 0 || marker > (marked ? 255 : 0)) {
      throw new IllegalArgumentException("no marker of this framing: " + marker);
    }
    ByteBuffer head = ByteBuffer.allocate(headBytesMax);
    putHead(head, marker, length);
    head.flip();
    return ByteBuffer.allocate(head.remaining() + length).put(head);
  }
}
