package org.potluck.dht;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.UnaryMethod;

/** Calls between nodes as bare messages: each way takes the same time, the dead never answer. */
final class Fabric {
  private final Duration delay;
  private final Map<String, BiFunction<PeerId, byte[], CompletableFuture<byte[]>>> handlers =
      new LinkedHashMap<>();
  private final Map<PeerId, Network> networks = new LinkedHashMap<>();
  private final Map<PeerId, Boolean> dead = new LinkedHashMap<>();
  int callCount;

  Fabric(Duration delay) {
    this.delay = delay;
  }

  void kill(PeerId peer) {
    dead.put(peer, true);
  }

  Calls callsOf(Network network) {
    return new Calls() {
      @Override
      public <Q extends MessageLite, A extends MessageLite> CompletableFuture<A> call(
          PeerId to, UnaryMethod<Q, A> method, Q request, Duration timeout) {
        callCount++;
        CompletableFuture<A> result = new CompletableFuture<>();
        var _ =
            network
                .loop()
                .schedule(
                    timeout,
                    () ->
                        result.completeExceptionally(
                            new NetworkException(
                                NetworkException.Reason.TIMED_OUT, to + " does not answer")));
        byte[] bytes = request.toByteArray();
        var _ = network.loop().schedule(delay, () -> deliver(network, to, method, bytes, result));
        return result;
      }

      @Override
      public <Q extends MessageLite, A extends MessageLite> void serve(
          UnaryMethod<Q, A> method, BiFunction<PeerId, Q, CompletableFuture<A>> handler) {
        networks.put(network.self(), network);
        handlers.put(
            network.self() + method.protocol(),
            (caller, bytes) ->
                handler
                    .apply(caller, parse(method.requestParser(), bytes))
                    .thenApply(MessageLite::toByteArray));
      }
    };
  }

  private <A extends MessageLite> void deliver(
      Network from,
      PeerId to,
      UnaryMethod<?, A> method,
      byte[] request,
      CompletableFuture<A> result) {
    var handler = handlers.get(to + method.protocol());
    Network target = networks.get(to);
    if (handler == null || target == null || dead.containsKey(to)) {
      return;
    }
    target
        .loop()
        .execute(
            () -> {
              var _ =
                  handler
                      .apply(from.self(), request)
                      .whenComplete(
                          (answer, failure) ->
                              target
                                  .loop()
                                  .schedule(
                                      delay,
                                      () ->
                                          from.loop()
                                              .execute(
                                                  () -> finish(method, answer, failure, result))));
            });
  }

  private static <A extends MessageLite> void finish(
      UnaryMethod<?, A> method,
      byte @Nullable [] answer,
      @Nullable Throwable failure,
      CompletableFuture<A> result) {
    if (answer == null) {
      result.completeExceptionally(
          new NetworkException(NetworkException.Reason.REMOTE_ERROR, String.valueOf(failure)));
    } else {
      result.complete(parse(method.answerParser(), answer));
    }
  }

  private static <M> M parse(com.google.protobuf.Parser<M> parser, byte[] bytes) {
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}
