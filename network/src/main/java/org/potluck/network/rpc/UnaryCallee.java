package org.potluck.network.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import org.potluck.network.EventLoop;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.proto.CallUnaryRequest;
import org.potluck.network.proto.CallUnaryResponse;
import org.potluck.network.proto.PersistentConnectionRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The answering side of one unary call. */
final class UnaryCallee<Q extends MessageLite, A extends MessageLite>
    implements StreamHandler, FrameReader.Receiver, Served.Caller<A> {
  private static final Logger LOG = LoggerFactory.getLogger(UnaryCallee.class);
  private static final int CALL_ID_BYTES_MAX = 64;

  /** A request that is going to be refused may not be larger, as it is worth nothing. */
  private static final int REFUSED_BYTES_MAX = 64 << 10;

  private final Served<Q, A> served;
  private final EventLoop loop;
  private final RpcLimits limits;
  private final Stream stream;
  private final boolean refuse;
  private final Runnable finished;
  private final FrameReader reader;
  private ByteString callId = ByteString.EMPTY;
  private boolean asked;
  private boolean over;

  /**
   * @param refuse whether to answer that there are too many calls
   * @param finished run once the stream is closed
   */
  UnaryCallee(
      Served<Q, A> served,
      EventLoop loop,
      RpcLimits limits,
      Stream stream,
      boolean refuse,
      Runnable finished) {
    this.served = served;
    this.loop = loop;
    this.limits = limits;
    this.stream = stream;
    this.refuse = refuse;
    this.finished = finished;
    int bytesMax = served.method().messageBytesMax();
    this.reader =
        new FrameReader(
            Framing.VARINT, refuse ? Math.min(bytesMax, REFUSED_BYTES_MAX) : bytesMax, this);
  }

  void start() {
    stream.handler(this);
    stream.idleLimit(limits.requestLimit());
  }

  @Override
  public void received(Stream from, ByteBuffer data) {
    reader.feed(data);
  }

  @Override
  public void frame(int marker, ByteBuffer body) {
    if (asked) {
      violation("a second request on one stream");
      return;
    }
    asked = true;
    try {
      PersistentConnectionRequest message = PersistentConnectionRequest.parseFrom(body);
      callId = message.getCallId();
      if (callId.size() > CALL_ID_BYTES_MAX || !message.hasCallUnary()) {
        violation("not a unary call");
      } else {
        asked(message.getCallUnary());
      }
    } catch (InvalidProtocolBufferException e) {
      violation("not a request: " + e.getMessage());
    }
  }

  private void asked(CallUnaryRequest call) {
    if (refuse) {
      failed(Served.tooMany(limits));
      return;
    }
    String protocol = served.method().protocol();
    if (!call.getProto().equals(protocol)) {
      failed(new IllegalArgumentException("this stream is for " + protocol));
      return;
    }
    stream.idleLimit(limits.answerLimit());
    served.answer(stream.remote(), call.getData().newCodedInput(), loop, this);
  }

  @Override
  public void answered(A answer) {
    PersistentConnectionRequest message =
        message(CallUnaryResponse.newBuilder().setResponse(answer.toByteString()));
    int size = message.getSerializedSize();
    int sizeMax = served.method().messageBytesMax();
    if (size > sizeMax) {
      failed(Served.tooLarge("the answer", size, sizeMax));
    } else {
      send(message);
    }
  }

  @Override
  public void failed(Throwable why) {
    send(
        message(
            CallUnaryResponse.newBuilder().setError(ByteString.copyFromUtf8(ErrorText.of(why)))));
  }

  private PersistentConnectionRequest message(CallUnaryResponse.Builder response) {
    return PersistentConnectionRequest.newBuilder()
        .setCallId(callId)
        .setUnaryResponse(response)
        .build();
  }

  private void send(PersistentConnectionRequest message) {
    if (!over) {
      over = true;
      stream.write(Framing.VARINT.encode(0, message));
      stream.closeWrite();
      stream.idleLimit(limits.requestLimit());
    }
  }

  @Override
  public void violation(String what) {
    LOG.debug("peer {} asked '{}' wrongly: {}", stream.remote(), stream.protocol(), what);
    over = true;
    reader.stop();
    stream.reset();
  }

  /** A caller that closes before it has its answer no longer wants it. */
  @Override
  public void endOfInput(Stream from) {
    if (!over) {
      over = true;
      stream.reset();
    }
  }

  @Override
  public void closed(Stream from, StreamEnd end) {
    over = true;
    reader.stop();
    finished.run();
  }
}
