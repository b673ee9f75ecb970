package org.potluck.network.libp2p;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.libp2p.yamux.YamuxStream;

/**
 * Runs a {@link Negotiation} on one stream. When {@link #done} completes, the stream carries its
 * protocol's name and waits for the handler that its continuation sets.
 */
final class StreamNegotiation implements StreamHandler {
  private final YamuxStream stream;
  private final Negotiation negotiation;
  private final CompletableFuture<YamuxStream> done = new CompletableFuture<>();

  private StreamNegotiation(YamuxStream stream, Negotiation negotiation) {
    this.stream = stream;
    this.negotiation = negotiation;
  }

  static CompletableFuture<YamuxStream> run(YamuxStream stream, Negotiation negotiation) {
    StreamNegotiation running = new StreamNegotiation(stream, negotiation);
    running.send();
    stream.handler(running);
    return running.done;
  }

  /**
   * Proposes {@code protocol} and does not wait for the answer, which saves a round trip. Only for
   * a protocol that the remote has said it speaks.
   *
   * @param declined runs when the remote does not speak it after all; the stream is reset then
   */
  static void runLazily(YamuxStream stream, String protocol, Runnable declined) {
    Negotiation negotiation = Negotiation.dialer(List.of(protocol));
    negotiation.toSend().ifPresent(stream::write);
    stream.protocol(protocol);
    stream.preamble(
        data -> {
          negotiation.receive(data);
          if (negotiation.failure().isPresent()) {
            data.position(data.limit());
            declined.run();
            stream.reset();
          }
          return negotiation.agreed().isPresent();
        });
  }

  @Override
  public void received(Stream same, ByteBuffer data) {
    negotiation.receive(data);
    send();
    negotiation
        .agreed()
        .ifPresent(
            protocol -> {
              stream.protocol(protocol);
              stream.detach();
              done.complete(stream);
            });
    negotiation
        .failure()
        .ifPresent(
            why -> {
              data.position(data.limit());
              // First the reason, since the reset ends this handler with a lesser one.
              done.completeExceptionally(new NetworkException(Reason.UNSUPPORTED_PROTOCOL, why));
              stream.reset();
            });
  }

  @Override
  public void endOfInput(Stream same) {
    stream.reset();
  }

  @Override
  public void closed(Stream same, StreamEnd end) {
    done.completeExceptionally(
        new NetworkException(
            end == StreamEnd.IDLE ? Reason.TIMED_OUT : Reason.CLOSED,
            "the stream ended (" + end + ") before its protocol was agreed on"));
  }

  private void send() {
    negotiation.toSend().ifPresent(stream::write);
  }
}
