package org.potluck.network.rpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answering side of a line: serves the calls of one peer that share a stream.
 *
 * <p>When answers pile up because the caller does not read them, no further requests are read.
 */
final class LineCallee implements StreamHandler, LineReader.Receiver {
  private static final Logger LOG = LoggerFactory.getLogger(LineCallee.class);

  /** Small answers that may wait for the caller to read. */
  private static final int UNREAD_BYTES_MAX = 256 << 10;

  private final Function<String, @Nullable Served<?, ?>> methods;
  private final EventLoop loop;
  private final RpcLimits limits;
  private final CallCounter counter;
  private final Stream stream;
  private final Runnable finished;
  private final LineWriter writer;
  private final LineReader reader;
  private final SequencedMap<Integer, Call> calls = new LinkedHashMap<>();
  private EventLoop.@Nullable Timer watching;
  private boolean waitingForParts;

  /**
   * @param counter of calls by peer, over all their lines
   * @param finished run once the stream is closed
   */
  LineCallee(
      Function<String, @Nullable Served<?, ?>> methods,
      EventLoop loop,
      RpcLimits limits,
      CallCounter counter,
      Stream stream,
      Runnable finished) {
    this.methods = methods;
    this.loop = loop;
    this.limits = limits;
    this.counter = counter;
    this.stream = stream;
    this.finished = finished;
    writer = new LineWriter(stream);
    reader = new LineReader(CallFrame.Kind.REQUEST, CallFrame.Kind.CANCEL, this);
  }

  private record Call(Served<?, ?> served, Instant begun) {}

  void start() {
    stream.handler(this);
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    reader.feed(data);
    if (reader.waitsForParts() != waitingForParts) {
      waitingForParts = !waitingForParts;
      stream.idleLimit(waitingForParts ? limits.requestLimit() : Duration.ZERO);
    }
  }

  @Override
  public void writable(Stream from) {
    writer.feed();
    stream.resumeReading();
  }

  @Override
  public boolean begins(int call, String method, int bytes) {
    Served<?, ?> served = methods.apply(method);
    if (calls.containsKey(call)) {
      violation("two calls of one number");
    } else if (served == null) {
      fail(
          call,
          new NetworkException(Reason.UNSUPPORTED_PROTOCOL, "'" + method + "' is not served here"));
    } else if (bytes > served.method().messageBytesMax()) {
      fail(call, Served.tooLarge("the request", bytes, served.method().messageBytesMax()));
    } else if (!begun()) {
      fail(call, Served.tooMany(limits));
    } else {
      calls.put(call, new Call(served, loop.now()));
      watch();
      return true;
    }
    return false;
  }

  @Override
  public void message(int call, ByteBuffer body) {
    Call asked = calls.get(call);
    if (asked != null) {
      answer(call, asked.served, CodedInputStream.newInstance(body));
    }
  }

  @Override
  public void ended(int call, String text) {
    if (over(call)) {
      writer.drop(call);
    }
  }

  @Override
  public void violation(String what) {
    LOG.debug("peer {} called wrongly: {}", stream.remote(), what);
    stream.reset();
  }

  /** A caller that closes has all it wants. */
  @Override
  public void endOfInput(Stream from) {
    forgetCalls();
    stream.closeWrite();
    stream.idleLimit(limits.requestLimit());
  }

  @Override
  public void closed(Stream from, StreamEnd end) {
    forgetCalls();
    finished.run();
  }

  private <Q extends MessageLite, A extends MessageLite> void answer(
      int call, Served<Q, A> served, CodedInputStream request) {
    served.answer(
        stream.remote(),
        request,
        loop,
        new Served.Caller<>() {
          @Override
          public void answered(A answer) {
            if (over(call)) {
              writer.message(CallFrame.Kind.ANSWER, call, "", answer);
              pauseIfUnread();
            }
          }

          @Override
          public void failed(Throwable why) {
            if (over(call)) {
              fail(call, why);
            }
          }
        });
  }

  private void fail(int call, Throwable why) {
    writer.frame(CallFrame.error(call, ErrorText.of(why)));
    pauseIfUnread();
  }

  private void pauseIfUnread() {
    if (stream.queuedBytes() > UNREAD_BYTES_MAX) {
      stream.pauseReading();
    }
  }

  /** Counts one more call, where the peer may have one more. */
  private boolean begun() {
    CallCounter.Verdict verdict = counter.begin(stream.remote());
    if (verdict == CallCounter.Verdict.REFUSE) {
      counter.finished(stream.remote());
    }
    return verdict == CallCounter.Verdict.SERVE;
  }

  /** Looks after the answer limit whether a call is that old. */
  private void watch() {
    if (watching == null) {
      watching = loop.schedule(limits.answerLimit(), this::giveUpOverdue);
    }
  }

  private void giveUpOverdue() {
    watching = null;
    Instant overdue = loop.now().minus(limits.answerLimit());
    while (!calls.isEmpty() && !calls.firstEntry().getValue().begun.isAfter(overdue)) {
      int oldest = calls.firstEntry().getKey();
      reader.skip(oldest);
      var _ = over(oldest);
      fail(oldest, new NetworkException(Reason.TIMED_OUT, "no answer was found in time"));
    }
    if (!calls.isEmpty()) {
      watch();
    }
  }

  private boolean over(int call) {
    boolean known = calls.remove(call) != null;
    if (known) {
      counter.finished(stream.remote());
    }
    return known;
  }

  private void forgetCalls() {
    calls.forEach((_, _) -> counter.finished(stream.remote()));
    calls.clear();
    if (watching != null) {
      watching.cancel();
    }
    reader.stop();
    writer.clear();
  }
}
