package org.potluck.network.rpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A method that is answered here, however its requests arrive. */
record Served<Q extends MessageLite, A extends MessageLite>(
    UnaryMethod<Q, A> method, UnaryHandler<Q, A> handler) {
  private static final Logger LOG = LoggerFactory.getLogger(Served.class);

  /** Hears what becomes of a request, once and on the loop. */
  interface Caller<A> {
    void answered(A answer);

    void failed(Throwable why);
  }

  /** Hands a request to the handler. */
  void answer(PeerId from, CodedInputStream request, EventLoop loop, Caller<A> caller) {
    CompletableFuture<A> answer;
    try {
      Q parsed = method.requestParser().parseFrom(request);
      request.checkLastTagWas(0);
      answer = handler.answer(from, parsed);
    } catch (InvalidProtocolBufferException e) {
      caller.failed(new IllegalArgumentException("malformed request: " + e.getMessage()));
      return;
    } catch (RuntimeException e) {
      LOG.warn("answering '{}' to peer {} failed", method.protocol(), from, e);
      caller.failed(e);
      return;
    }
    var _ =
        answer.whenComplete(
            (value, trouble) -> {
              if (loop.inLoop()) {
                tell(caller, value, trouble);
              } else {
                loop.execute(() -> tell(caller, value, trouble));
              }
            });
  }

  /** Why a message may not travel. */
  static NetworkException tooLarge(String what, int bytes, int bytesMax) {
    return new NetworkException(
        Reason.TOO_LARGE,
        what + " takes " + bytes + " bytes, of which " + bytesMax + " are allowed");
  }

  /** What somebody hears who asks too much at a time. */
  static NetworkException tooMany(RpcLimits limits) {
    return new NetworkException(
        Reason.LIMITED, "more than " + limits.callsPerPeerMax() + " calls of one peer at a time");
  }

  private void tell(Caller<A> caller, @Nullable A value, @Nullable Throwable trouble) {
    if (trouble != null) {
      caller.failed(trouble);
    } else if (value == null) {
      caller.failed(new IllegalStateException("no answer"));
    } else if (value.getSerializedSize() > method.messageBytesMax()) {
      caller.failed(tooLarge("the answer", value.getSerializedSize(), method.messageBytesMax()));
    } else {
      caller.answered(value);
    }
  }
}
