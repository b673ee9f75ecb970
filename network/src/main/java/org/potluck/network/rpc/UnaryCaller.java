package org.potluck.network.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.proto.CallUnaryResponse;
import org.potluck.network.proto.PersistentConnectionRequest;

/** The asking side of one unary call: waits for one answer on one stream. */
final class UnaryCaller<A extends MessageLite> implements StreamHandler, FrameReader.Receiver {
  /** How long the other side may take to close after its answer. */
  private static final Duration LINGER_MAX = Duration.ofSeconds(15);

  private final UnaryMethod<?, A> method;
  private final ByteString callId;
  private final Stream stream;
  private final CompletableFuture<A> answer;
  private final FrameReader reader;

  UnaryCaller(
      UnaryMethod<?, A> method, ByteString callId, Stream stream, CompletableFuture<A> answer) {
    this.method = method;
    this.callId = callId;
    this.stream = stream;
    this.answer = answer;
    this.reader = new FrameReader(Framing.VARINT, method.messageBytesMax(), this);
  }

  /** Sends the request. The stream stays open: to hivemind, a half-close cancels the call. */
  void start(ByteBuffer request) {
    stream.handler(this);
    stream.write(request);
    var _ =
        answer.whenComplete(
            (_, trouble) -> {
              if (trouble != null) {
                stream.reset();
              } else {
                stream.closeWrite();
                stream.idleLimit(LINGER_MAX);
              }
            });
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    reader.feed(data);
  }

  @Override
  public void frame(int marker, ByteBuffer body) {
    reader.stop();
    try {
      PersistentConnectionRequest message = PersistentConnectionRequest.parseFrom(body);
      CallUnaryResponse response = message.getUnaryResponse();
      if (!message.getCallId().equals(callId)) {
        violation("the answer belongs to another call");
      } else if (response.hasResponse()) {
        answer.complete(method.answerParser().parseFrom(response.getResponse()));
      } else if (response.hasError()) {
        String text = response.getError().toStringUtf8();
        answer.completeExceptionally(ErrorText.parse(stream.remote(), method.protocol(), text));
      } else {
        violation("neither answer nor error");
      }
    } catch (InvalidProtocolBufferException e) {
      violation("not the expected message: " + e.getMessage());
    }
  }

  @Override
  public void violation(String what) {
    fail(Reason.PROTOCOL_VIOLATION, "answered with bytes that make no sense: " + what);
  }

  @Override
  public void endOfInput(Stream from) {
    fail(Reason.CLOSED, "ended the call without an answer");
  }

  @Override
  public void closed(Stream from, StreamEnd end) {
    fail(Reason.CLOSED, "is gone before the answer (" + end + ")");
  }

  private void fail(Reason reason, String what) {
    if (!answer.isDone()) {
      answer.completeExceptionally(
          new NetworkException(
              reason, "peer " + stream.remote() + ", '" + method.protocol() + "': " + what));
    }
  }
}
