package org.potluck.network.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/** The asking side of a line: one stream that carries all calls to one peer. */
final class CallLine implements StreamHandler, LineReader.Receiver {
  /** How long the other side may take to close a line that is used no more. */
  private static final Duration LINGER_MAX = Duration.ofSeconds(15);

  private final Stream stream;
  private final Runnable unusable;
  private final LineWriter writer;
  private final LineReader reader;
  private final Map<Integer, Pending<?>> calls = new LinkedHashMap<>();
  private EventLoop.@Nullable Timer life;
  private int lastCall;
  private boolean retired;

  /**
   * @param unusable runs when no further call may be made on it; perhaps more than once
   */
  CallLine(Stream stream, Runnable unusable) {
    this.stream = stream;
    this.unusable = unusable;
    writer = new LineWriter(stream);
    reader = new LineReader(CallFrame.Kind.ANSWER, CallFrame.Kind.ERROR, this);
  }

  private record Pending<A extends MessageLite>(
      UnaryMethod<?, A> method, CompletableFuture<A> answer) {
    void take(ByteBuffer body) throws InvalidProtocolBufferException {
      answer.complete(method.answerParser().parseFrom(body));
    }
  }

  /**
   * @param limit after which it retires
   */
  void start(EventLoop loop, Duration limit) {
    stream.handler(this);
    life = loop.schedule(limit, this::retire);
  }

  /**
   * Sends a request that is not too large.
   *
   * @param answer completed by the line; when it is completed otherwise, the call is cancelled
   */
  <A extends MessageLite> void ask(
      UnaryMethod<?, A> method, MessageLite request, CompletableFuture<A> answer) {
    int call = ++lastCall;
    calls.put(call, new Pending<>(method, answer));
    writer.message(CallFrame.Kind.REQUEST, call, method.protocol(), request);
    var _ = answer.whenComplete((_, trouble) -> done(call, trouble));
  }

  /** Takes no further calls, and closes once those that wait are over. */
  void retire() {
    if (!retired) {
      retired = true;
      unusable.run();
      closeIfDone();
    }
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    reader.feed(data);
  }

  @Override
  public void writable(Stream from) {
    writer.feed();
  }

  @Override
  public boolean begins(int call, String method, int bytes) {
    Pending<?> pending = calls.get(call);
    if (pending != null && bytes > pending.method.messageBytesMax()) {
      fail(
          call,
          Reason.PROTOCOL_VIOLATION,
          "an answer of "
              + bytes
              + " bytes, of which "
              + pending.method.messageBytesMax()
              + " fit");
      return false;
    }
    return pending != null;
  }

  @Override
  public void message(int call, ByteBuffer body) {
    Pending<?> pending = calls.remove(call);
    if (pending != null) {
      try {
        pending.take(body);
      } catch (InvalidProtocolBufferException e) {
        fail(pending, Reason.PROTOCOL_VIOLATION, "not the expected message: " + e.getMessage());
      }
    }
    closeIfDone();
  }

  @Override
  public void ended(int call, String text) {
    Pending<?> pending = calls.remove(call);
    if (pending != null) {
      pending.answer.completeExceptionally(
          ErrorText.parse(stream.remote(), pending.method.protocol(), text));
    }
    closeIfDone();
  }

  @Override
  public void violation(String what) {
    failAll(Reason.PROTOCOL_VIOLATION, "answered with bytes that make no sense: " + what);
    stream.reset();
  }

  @Override
  public void endOfInput(Stream from) {
    if (retired && calls.isEmpty()) {
      return;
    }
    failAll(Reason.CLOSED, "ended the call without an answer");
    stream.reset();
  }

  @Override
  public void closed(Stream from, StreamEnd end) {
    if (life != null) {
      life.cancel();
    }
    failAll(Reason.CLOSED, "is gone before the answer (" + end + ")");
  }

  /** A call that ran out of time may have met a connection that is dead and does not know yet. */
  private void done(int call, @Nullable Throwable trouble) {
    if (calls.remove(call) == null) {
      return;
    }
    reader.skip(call);
    writer.drop(call);
    writer.frame(CallFrame.cancel(call));
    if (trouble instanceof NetworkException late && late.reason() == Reason.TIMED_OUT) {
      retire();
    }
    closeIfDone();
  }

  private void closeIfDone() {
    if (retired && calls.isEmpty()) {
      stream.closeWrite();
      stream.idleLimit(LINGER_MAX);
    }
  }

  private void fail(int call, Reason reason, String what) {
    Pending<?> pending = calls.remove(call);
    if (pending != null) {
      fail(pending, reason, what);
    }
  }

  private void failAll(Reason reason, String what) {
    retired = true;
    unusable.run();
    reader.stop();
    writer.clear();
    List<Pending<?>> failing = List.copyOf(calls.values());
    calls.clear();
    failing.forEach(pending -> fail(pending, reason, what));
  }

  private void fail(Pending<?> pending, Reason reason, String what) {
    pending.answer.completeExceptionally(
        new NetworkException(
            reason, "peer " + stream.remote() + ", '" + pending.method.protocol() + "': " + what));
  }
}
