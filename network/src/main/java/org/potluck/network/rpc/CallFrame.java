package org.potluck.network.rpc;

import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The frames of {@value #PROTOCOL}, in {@link Framing#INT32_MARKED}: the marker is the {@link
 * Kind}, the body begins with the call's number (four bytes, big-endian). Layout: {@code
 * docs/wire.md}.
 */
final class CallFrame {
  static final String PROTOCOL = "/potluck/calls/1.0.0";

  /** A message longer than this travels in parts of this size. */
  static final int PART_BYTES = 16 << 10;

  /** Messages in parts that may be on their way at a time, in each direction of a line. */
  static final int IN_PARTS_MAX = 4;

  /** A name's length is one byte. */
  static final int NAME_BYTES_MAX = 255;

  /** What comes before the bytes of a message: number, total length, length of the name, name. */
  private static final int BODY_HEAD_BYTES_MAX = 2 * Integer.BYTES + 1 + NAME_BYTES_MAX;

  static final int BODY_BYTES_MAX = BODY_HEAD_BYTES_MAX + PART_BYTES;

  private static final Framing FRAMING = Framing.INT32_MARKED;

  private CallFrame() {}

  /** What a frame is. */
  enum Kind {
    /** Begins a request: total length, method. */
    REQUEST(0),
    /** Begins an answer: total length. */
    ANSWER(1),
    /** Ends a call with a text in place of an answer. */
    ERROR(2),
    /** The caller no longer waits. */
    CANCEL(3),
    /** Goes on with the message that was begun. */
    PART(4);

    private static final List<Kind> ALL = List.of(values());

    final int marker;

    Kind(int marker) {
      this.marker = marker;
    }

    static Optional<Kind> of(int marker) {
      return ALL.stream().filter(kind -> kind.marker == marker).findFirst();
    }
  }

  /** A whole message, of at most {@link #PART_BYTES} bytes. */
  static ByteBuffer whole(Kind kind, int call, String method, MessageLite message) {
    int size = message.getSerializedSize();
    return Framing.filled(begin(kind, call, method, size, size), message);
  }

  /** The first part of {@code message}. */
  static ByteBuffer first(Kind kind, int call, String method, byte[] message) {
    int part = Math.min(PART_BYTES, message.length);
    return begin(kind, call, method, message.length, part).put(message, 0, part).flip();
  }

  /** The part of {@code message} that begins at {@code from}. */
  static ByteBuffer part(int call, byte[] message, int from) {
    int part = Math.min(PART_BYTES, message.length - from);
    return start(Kind.PART, call, part).put(message, from, part).flip();
  }

  static ByteBuffer error(int call, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return start(Kind.ERROR, call, bytes.length).put(bytes).flip();
  }

  static ByteBuffer cancel(int call) {
    return start(Kind.CANCEL, call, 0).flip();
  }

  private static ByteBuffer begin(Kind kind, int call, String method, int total, int part) {
    if (kind != Kind.REQUEST) {
      return start(kind, call, Integer.BYTES + part).putInt(total);
    }
    byte[] name = method.getBytes(StandardCharsets.UTF_8);
    return start(kind, call, Integer.BYTES + 1 + name.length + part)
        .putInt(total)
        .put((byte) name.length)
        .put(name);
  }

  private static ByteBuffer start(Kind kind, int call, int rest) {
    return FRAMING.start(kind.marker, Integer.BYTES + rest).putInt(call);
  }
}
