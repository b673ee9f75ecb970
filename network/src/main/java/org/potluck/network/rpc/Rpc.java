package org.potluck.network.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.proto.CallUnaryRequest;
import org.potluck.network.proto.PersistentConnectionRequest;

/**
 * Calls between peers over any {@link Network}. Unary calls to one peer share a {@link CallLine};
 * where the peer speaks none, and for streaming calls, each has a stream of its own, in hivemind's
 * framing.
 *
 * <p>All methods are called on the network's loop, and futures complete there. Failures are {@link
 * NetworkException}s; {@code TOO_LARGE} and {@code LIMITED} keep their reason on the way from the
 * other peer, everything else it says is a {@code REMOTE_ERROR} with its text.
 */
public final class Rpc {
  private static final int UUID_BYTES = 16;

  /** One in use, and those that are about to close. */
  private static final int LINES_PER_PEER_MAX = 4;

  private final Network network;
  private final RandomGenerator random;
  private final RpcLimits limits;
  private final CallCounter served;
  private final CallCounter linesServed = new CallCounter(LINES_PER_PEER_MAX);
  private final CallLines lines;
  private final Map<String, Served<?, ?>> methods = new HashMap<>();

  /**
   * @param random draws the ids of calls; hivemind keys pending answers by them alone
   */
  public Rpc(Network network, RandomGenerator random) {
    this(network, random, RpcLimits.usual());
  }

  public Rpc(Network network, RandomGenerator random, RpcLimits limits) {
    this.network = network;
    this.random = random;
    this.limits = limits;
    this.served = new CallCounter(limits.callsPerPeerMax());
    this.lines = new CallLines(network);
  }

  /** Answers calls of {@code method} from now on. */
  public <Q extends MessageLite, A extends MessageLite> void serve(
      UnaryMethod<Q, A> method, UnaryHandler<Q, A> handler) {
    Served<Q, A> answering = new Served<>(method, handler);
    if (methods.isEmpty()) {
      network.handle(CallFrame.PROTOCOL, this::serveLine);
    }
    methods.put(method.protocol(), answering);
    network.handle(
        method.protocol(),
        stream -> {
          CallCounter.Verdict verdict = served.begin(stream.remote());
          if (verdict == CallCounter.Verdict.RESET) {
            turnAway(stream);
            return;
          }
          new UnaryCallee<>(
                  answering,
                  network.loop(),
                  limits,
                  stream,
                  verdict == CallCounter.Verdict.REFUSE,
                  () -> served.finished(stream.remote()))
              .start();
        });
  }

  /**
   * Calls {@code method} at {@code to}.
   *
   * @param timeout for everything: dialing, asking and the answer
   */
  public <Q extends MessageLite, A extends MessageLite> CompletableFuture<A> call(
      PeerId to, UnaryMethod<Q, A> method, Q request, Duration timeout) {
    int size = request.getSerializedSize();
    if (size > method.messageBytesMax()) {
      return CompletableFuture.failedFuture(
          Served.tooLarge("the request", size, method.messageBytesMax()));
    }
    CompletableFuture<A> answer = new CompletableFuture<>();
    limit(to, method.protocol(), timeout, answer);
    var _ =
        lines
            .to(to)
            .whenComplete(
                (line, trouble) -> {
                  if (trouble != null) {
                    answer.completeExceptionally(trouble);
                  } else if (!answer.isDone() && line.isPresent()) {
                    line.get().ask(method, request, answer);
                  } else if (!answer.isDone()) {
                    askOnStream(to, method, request, timeout, answer);
                  }
                });
    return answer;
  }

  /** Calls in hivemind's framing, on a stream of its own. */
  private <A extends MessageLite> void askOnStream(
      PeerId to,
      UnaryMethod<?, A> method,
      MessageLite request,
      Duration timeout,
      CompletableFuture<A> answer) {
    ByteString callId = newCallId();
    PersistentConnectionRequest message =
        PersistentConnectionRequest.newBuilder()
            .setCallId(callId)
            .setCallUnary(
                CallUnaryRequest.newBuilder()
                    .setPeer(ByteString.copyFrom(to.toBytes()))
                    .setProto(method.protocol())
                    .setData(request.toByteString()))
            .build();
    int size = message.getSerializedSize();
    if (size > method.messageBytesMax()) {
      answer.completeExceptionally(Served.tooLarge("the request", size, method.messageBytesMax()));
      return;
    }
    ByteBuffer frame = Framing.VARINT.encode(0, message);
    var _ =
        network
            .open(to, method.protocol(), timeout)
            .whenComplete(
                (stream, trouble) -> {
                  if (trouble != null) {
                    answer.completeExceptionally(trouble);
                  } else if (answer.isDone()) {
                    turnAway(stream);
                  } else {
                    new UnaryCaller<>(method, callId, stream, answer).start(frame);
                  }
                });
  }

  /** Answers streaming calls of {@code method} from now on. */
  public <Q extends MessageLite, A extends MessageLite> void serve(
      StreamMethod<Q, A> method, StreamServer<Q, A> server) {
    network.handle(
        method.protocol(),
        stream -> {
          CallCounter.Verdict verdict = served.begin(stream.remote());
          if (verdict == CallCounter.Verdict.RESET) {
            turnAway(stream);
            return;
          }
          StreamCall<A, Q> call =
              new StreamCall<>(
                  stream,
                  method.requestParser(),
                  method.messageBytesMax(),
                  false,
                  () -> served.finished(stream.remote()));
          if (verdict == CallCounter.Verdict.REFUSE) {
            call.start(ignored -> {});
            call.idleLimit(limits.requestLimit());
            call.fail(ErrorText.of(Served.tooMany(limits)));
          } else {
            call.accept(server);
          }
        });
  }

  /**
   * Begins a streaming call.
   *
   * @param receiver hears of the answers, but of nothing when the future fails
   * @param timeout for dialing and opening; see {@link MessageStream#idleLimit} for what follows
   */
  public <Q extends MessageLite, A extends MessageLite> CompletableFuture<MessageStream<Q>> open(
      PeerId to, StreamMethod<Q, A> method, MessageReceiver<A> receiver, Duration timeout) {
    return network
        .open(to, method.protocol(), timeout)
        .thenApply(
            stream -> {
              StreamCall<Q, A> call =
                  new StreamCall<>(
                      stream, method.answerParser(), method.messageBytesMax(), true, () -> {});
              call.start(receiver);
              return call;
            });
  }

  private void serveLine(Stream stream) {
    PeerId caller = stream.remote();
    switch (linesServed.begin(caller)) {
      case SERVE ->
          new LineCallee(
                  methods::get,
                  network.loop(),
                  limits,
                  served,
                  stream,
                  () -> linesServed.finished(caller))
              .start();
      case REFUSE -> {
        linesServed.finished(caller);
        turnAway(stream);
      }
      case RESET -> turnAway(stream);
    }
  }

  private void limit(PeerId to, String protocol, Duration timeout, CompletableFuture<?> answer) {
    EventLoop.Timer timer =
        network
            .loop()
            .schedule(
                timeout,
                () ->
                    answer.completeExceptionally(
                        new NetworkException(
                            Reason.TIMED_OUT,
                            "peer " + to + " did not answer '" + protocol + "' in " + timeout)));
    var _ = answer.whenComplete((_, _) -> timer.cancel());
  }

  /** A random UUID, version 4. */
  private ByteString newCallId() {
    byte[] id = new byte[UUID_BYTES];
    random.nextBytes(id);
    id[6] = (byte) ((id[6] & 0x0F) | 0x40);
    id[8] = (byte) ((id[8] & 0x3F) | 0x80);
    return ByteString.copyFrom(id);
  }

  private static void turnAway(Stream stream) {
    stream.handler((_, _) -> {});
    stream.reset();
  }
}
