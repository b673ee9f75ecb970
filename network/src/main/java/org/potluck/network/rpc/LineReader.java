package org.potluck.network.rpc;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Puts together what arrives on a line of calls. A message's length is known from its first frame
 * and asked about before anything is kept; memory grows with the bytes that really arrived, for at
 * most {@link CallFrame#IN_PARTS_MAX} messages at a time.
 */
final class LineReader implements FrameReader.Receiver {
  private final CallFrame.Kind opening;
  private final CallFrame.Kind closing;
  private final Receiver receiver;
  private final FrameReader frames;
  private final Map<Integer, Unfinished> unfinished = new HashMap<>();

  /**
   * @param opening what begins a message on this side: a request or an answer
   * @param closing what ends a call without one: a cancel or an error
   */
  LineReader(CallFrame.Kind opening, CallFrame.Kind closing, Receiver receiver) {
    this.opening = opening;
    this.closing = closing;
    this.receiver = receiver;
    frames = new FrameReader(Framing.INT32_MARKED, CallFrame.BODY_BYTES_MAX, this);
  }

  /** What comes out of a line. */
  interface Receiver {
    /**
     * A message begins.
     *
     * @param method empty but for requests
     * @param bytes its whole length
     * @return whether it is wanted; else what belongs to it is skipped
     */
    boolean begins(int call, String method, int bytes);

    /**
     * The message that began.
     *
     * @param body valid only during this call
     */
    void message(int call, ByteBuffer body);

    /**
     * The call is over, without a message.
     *
     * @param text the error; empty when the caller no longer waits
     */
    void ended(int call, String text);

    /** The bytes make no sense; nothing follows. */
    void violation(String what);
  }

  void feed(ByteBuffer data) {
    frames.feed(data);
  }

  void stop() {
    frames.stop();
    unfinished.clear();
  }

  /** Whether the rest of some message is still to come. */
  boolean waitsForParts() {
    return !unfinished.isEmpty();
  }

  /** Skips what is still to come of a message. */
  void skip(int call) {
    unfinished.remove(call);
  }

  @Override
  public void frame(int marker, ByteBuffer body) {
    CallFrame.Kind kind = CallFrame.Kind.of(marker).orElse(null);
    if (kind == null || body.remaining() < Integer.BYTES) {
      violation("no frame of a line of calls");
      return;
    }
    int call = body.getInt();
    if (kind == opening) {
      begin(call, body);
    } else if (kind == closing) {
      unfinished.remove(call);
      receiver.ended(call, StandardCharsets.UTF_8.decode(body).toString());
    } else if (kind == CallFrame.Kind.PART) {
      goOn(call, body);
    } else {
      violation("a frame that is the other side's to send: " + kind);
    }
  }

  @Override
  public void violation(String what) {
    stop();
    receiver.violation(what);
  }

  private void begin(int call, ByteBuffer body) {
    int headBytes = opening == CallFrame.Kind.REQUEST ? Integer.BYTES + 1 : Integer.BYTES;
    if (body.remaining() < headBytes || unfinished.containsKey(call)) {
      violation("a message does not begin like this");
      return;
    }
    int total = body.getInt();
    String method = "";
    if (opening == CallFrame.Kind.REQUEST) {
      int nameBytes = body.get() & 0xFF;
      if (body.remaining() < nameBytes) {
        violation("a method's name is cut off");
        return;
      }
      ByteBuffer name = body.slice(body.position(), nameBytes);
      body.position(body.position() + nameBytes);
      method = StandardCharsets.UTF_8.decode(name).toString();
    }
    if (total < body.remaining() || (total > body.remaining() && !body.hasRemaining())) {
      violation("a message of " + total + " bytes begins with " + body.remaining());
    } else if (receiver.begins(call, method, total)) {
      keep(call, total, body);
    }
  }

  private void keep(int call, int total, ByteBuffer body) {
    if (total == body.remaining()) {
      receiver.message(call, body);
    } else if (unfinished.size() >= CallFrame.IN_PARTS_MAX) {
      violation("more than " + CallFrame.IN_PARTS_MAX + " messages in parts at a time");
    } else {
      Unfinished message = new Unfinished(total);
      message.add(body);
      unfinished.put(call, message);
    }
  }

  /** A message that is not kept may have been refused or given up: its parts pass by. */
  private void goOn(int call, ByteBuffer body) {
    Unfinished message = unfinished.get(call);
    if (message == null) {
      return;
    }
    if (!body.hasRemaining() || body.remaining() > message.left()) {
      violation("a part of " + body.remaining() + " bytes, of which " + message.left() + " fit");
      return;
    }
    message.add(body);
    if (message.left() == 0) {
      unfinished.remove(call);
      receiver.message(call, ByteBuffer.wrap(message.bytes));
    }
  }

  /** The beginning of a message. */
  private static final class Unfinished {
    private final int total;
    private byte[] bytes = new byte[0];
    private int count;

    Unfinished(int total) {
      this.total = total;
    }

    int left() {
      return total - count;
    }

    void add(ByteBuffer part) {
      int size = part.remaining();
      if (bytes.length < count + size) {
        long grown = Math.max(2L * bytes.length, (long) count + size);
        bytes = Arrays.copyOf(bytes, (int) Math.min(total, grown));
      }
      part.get(bytes, count, size);
      count += size;
    }
  }
}
