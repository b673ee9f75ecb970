package org.potluck.network.rpc;

import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.potluck.network.Stream;

/**
 * What one side of a line of calls still has to send.
 *
 * <p>Small messages go out as they come. Longer ones take turns, a part each, and only while next
 * to nothing waits in the stream; so a small message waits behind a few parts at most, however long
 * the others are.
 */
final class LineWriter {
  /** What may wait in the stream before parts do: enough to keep a link of 100 Mbit/s busy. */
  private static final int QUEUE_BYTES = 64 << 10;

  private final Stream stream;
  private final Deque<Parts> turns = new ArrayDeque<>();
  private final Deque<Parts> waiting = new ArrayDeque<>();
  private boolean feeding;

  LineWriter(Stream stream) {
    this.stream = stream;
    stream.highWater(QUEUE_BYTES);
  }

  /**
   * @param method empty but for requests
   */
  void message(CallFrame.Kind kind, int call, String method, MessageLite message) {
    if (message.getSerializedSize() <= CallFrame.PART_BYTES) {
      stream.write(CallFrame.whole(kind, call, method, message));
    } else {
      waiting.add(new Parts(kind, call, method, message.toByteArray()));
      feed();
    }
  }

  void frame(ByteBuffer frame) {
    stream.write(frame);
  }

  /** Sends nothing more of a call's message. */
  void drop(int call) {
    turns.removeIf(parts -> parts.call == call);
    waiting.removeIf(parts -> parts.call == call);
    feed();
  }

  void clear() {
    turns.clear();
    waiting.clear();
  }

  /** To be called whenever the stream is writable again. */
  void feed() {
    if (feeding) {
      return;
    }
    feeding = true;
    while (stream.writable() && (!turns.isEmpty() || !waiting.isEmpty())) {
      while (turns.size() < CallFrame.IN_PARTS_MAX && !waiting.isEmpty()) {
        turns.add(waiting.remove());
      }
      Parts parts = turns.remove();
      ByteBuffer next = parts.next();
      if (parts.sent < parts.message.length) {
        turns.add(parts);
      }
      stream.write(next);
    }
    feeding = false;
  }

  /** A long message, as far as it was sent. */
  private static final class Parts {
    private final CallFrame.Kind kind;
    private final int call;
    private final String method;
    private final byte[] message;
    private int sent;

    Parts(CallFrame.Kind kind, int call, String method, byte[] message) {
      this.kind = kind;
      this.call = call;
      this.method = method;
      this.message = message;
    }

    ByteBuffer next() {
      ByteBuffer frame =
          sent == 0
              ? CallFrame.first(kind, call, method, message)
              : CallFrame.part(call, message, sent);
      sent = Math.min(message.length, sent + CallFrame.PART_BYTES);
      return frame;
    }
  }
}
