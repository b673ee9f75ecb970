package org.potluck.network.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.proto.RPCError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Either side of a streaming call, in hivemind's framing.
 *
 * <p>The two sides end differently. The requester says so with an empty error frame and keeps its
 * direction of the stream open, since closing it would look like leaving. The responder closes its
 * direction, after an error frame if something went wrong; the requester then closes too. An end in
 * the middle of a frame, which hivemind takes for a normal one, is an error here.
 */
final class StreamCall<S extends MessageLite, R extends MessageLite>
    implements MessageStream<S>, StreamHandler, FrameReader.Receiver {
  private static final Logger LOG = LoggerFactory.getLogger(StreamCall.class);

  /** How long the other side may take to close once nothing more is to be said. */
  private static final Duration LINGER_MAX = Duration.ofSeconds(15);

  private static final int MESSAGE = 0;
  private static final int ERROR = 1;

  private final Stream stream;
  private final Parser<R> parser;
  private final int messageBytesMax;
  private final boolean requester;
  private final Runnable finished;
  private final FrameReader reader;
  private @Nullable MessageReceiver<R> receiver;
  private @Nullable NetworkException trouble;
  private boolean sentAll;
  private boolean receivedAll;
  private boolean over;

  StreamCall(
      Stream stream, Parser<R> parser, int messageBytesMax, boolean requester, Runnable finished) {
    this.stream = stream;
    this.parser = parser;
    this.messageBytesMax = messageBytesMax;
    this.requester = requester;
    this.finished = finished;
    this.reader = new FrameReader(Framing.MARKED_INT64, messageBytesMax, this);
  }

  void start(MessageReceiver<R> newReceiver) {
    receiver = newReceiver;
    stream.handler(this);
  }

  /** Starts the answering side, with whatever {@code server} makes of the call. */
  void accept(StreamServer<R, S> server) {
    stream.handler(this);
    try {
      receiver = server.accept(stream.remote(), this);
    } catch (RuntimeException e) {
      LOG.warn("answering '{}' to peer {} failed", stream.protocol(), stream.remote(), e);
      fail(ErrorText.of(e));
    }
  }

  @Override
  public PeerId remote() {
    return stream.remote();
  }

  @Override
  public void send(S message) {
    int size = message.getSerializedSize();
    if (size > messageBytesMax) {
      throw new IllegalArgumentException(
          "a message of " + size + " bytes, of which " + messageBytesMax + " are allowed");
    }
    if (!sentAll && !over) {
      stream.write(Framing.MARKED_INT64.encode(MESSAGE, message));
    }
  }

  @Override
  public boolean writable() {
    return !sentAll && !over && stream.writable();
  }

  @Override
  public long queuedBytes() {
    return stream.queuedBytes();
  }

  @Override
  public void end() {
    if (!sentAll && !over) {
      sentAll = true;
      if (requester) {
        stream.write(Framing.MARKED_INT64.encode(ERROR, new byte[0]));
      } else {
        stream.closeWrite();
        leaveIfDone();
      }
    }
  }

  @Override
  public void fail(String message) {
    if (requester) {
      cancel();
    } else if (!sentAll && !over) {
      give(new NetworkException(Reason.REMOTE_ERROR, message));
      RPCError error = RPCError.newBuilder().setMessage(message).build();
      stream.write(Framing.MARKED_INT64.encode(ERROR, error));
      end();
      reader.stop();
      stream.idleLimit(LINGER_MAX);
    }
  }

  @Override
  public void cancel() {
    over = true;
    reader.stop();
    stream.reset();
  }

  @Override
  public void pauseReceiving() {
    stream.pauseReading();
  }

  @Override
  public void resumeReceiving() {
    stream.resumeReading();
  }

  @Override
  public void idleLimit(Duration limit) {
    stream.idleLimit(limit);
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    reader.feed(data);
  }

  @Override
  public void frame(int marker, ByteBuffer body) {
    try {
      if (marker == ERROR) {
        errorFrame(body);
      } else if (marker != MESSAGE) {
        violation("a frame with marker " + marker);
      } else if (receivedAll) {
        violation("a message after the end");
      } else {
        R message = parser.parseFrom(body);
        tell(listener -> listener.message(message));
      }
    } catch (InvalidProtocolBufferException e) {
      violation("not the expected message: " + e.getMessage());
    }
  }

  private void errorFrame(ByteBuffer body) throws InvalidProtocolBufferException {
    if (requester) {
      String text = RPCError.parseFrom(body).getMessage();
      give(ErrorText.parse(stream.remote(), stream.protocol(), text));
      cancel();
    } else {
      endOfMessages();
    }
  }

  @Override
  public void violation(String what) {
    give(
        new NetworkException(
            Reason.PROTOCOL_VIOLATION,
            "peer " + stream.remote() + " sent bytes that make no sense: " + what));
    cancel();
  }

  @Override
  public void endOfInput(Stream from) {
    if (requester && reader.atBoundary()) {
      endOfMessages();
      sentAll = true;
      stream.closeWrite();
    } else if (!receivedAll && !over) {
      give(
          new NetworkException(
              Reason.CLOSED, "peer " + stream.remote() + " left in the middle of the call"));
      if (!sentAll) {
        cancel();
      }
    }
  }

  @Override
  public void writable(Stream from) {
    if (!sentAll) {
      tell(MessageReceiver::writable);
    }
  }

  @Override
  public void closed(Stream from, StreamEnd end) {
    over = true;
    reader.stop();
    if (trouble == null && !end.finished()) {
      give(
          new NetworkException(
              end == StreamEnd.IDLE ? Reason.TIMED_OUT : Reason.CLOSED,
              "the call with peer " + stream.remote() + " ended early (" + end + ")"));
    }
    try {
      if (receiver != null) {
        receiver.closed(Optional.ofNullable(trouble));
      }
    } catch (RuntimeException e) {
      if (requester) {
        throw e;
      }
      LOG.warn("closing '{}' of peer {} failed", stream.protocol(), stream.remote(), e);
    } finally {
      finished.run();
    }
  }

  private void endOfMessages() {
    if (!receivedAll) {
      receivedAll = true;
      tell(MessageReceiver::endOfMessages);
      leaveIfDone();
    }
  }

  /** Nothing more comes from a requester but its closing; it need not be waited for long. */
  private void leaveIfDone() {
    if (!requester && sentAll && receivedAll) {
      stream.idleLimit(LINGER_MAX);
    }
  }

  private void tell(Consumer<MessageReceiver<R>> news) {
    MessageReceiver<R> listener = receiver;
    if (listener == null || over) {
      return;
    }
    if (requester) {
      news.accept(listener);
      return;
    }
    try {
      news.accept(listener);
    } catch (RuntimeException e) {
      LOG.warn("answering '{}' to peer {} failed", stream.protocol(), stream.remote(), e);
      fail(ErrorText.of(e));
    }
  }

  private void give(NetworkException why) {
    if (trouble == null) {
      trouble = why;
    }
  }
}
