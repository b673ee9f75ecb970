package org.potluck.network.libp2p;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.potluck.network.Network.StreamAcceptor;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.Stream;
import org.potluck.network.libp2p.yamux.YamuxSession;
import org.potluck.network.libp2p.yamux.YamuxStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Agrees with the remote on what each stream speaks, and hands it to whoever speaks that. */
final class StreamDesk {
  private static final Logger LOG = LoggerFactory.getLogger(StreamDesk.class);

  private final Duration negotiationMax;
  private final Map<String, StreamAcceptor> acceptors = new LinkedHashMap<>();

  StreamDesk(Duration negotiationMax) {
    this.negotiationMax = negotiationMax;
  }

  void handle(String protocol, StreamAcceptor acceptor) {
    acceptors.put(protocol, acceptor);
  }

  void unhandle(String protocol) {
    acceptors.remove(protocol);
  }

  /** What is answered here. */
  List<String> protocols() {
    return List.copyOf(acceptors.keySet());
  }

  /**
   * Opens a stream.
   *
   * @param spoken whether the remote has said that it speaks {@code protocol}
   * @param declined runs when it does not after all
   */
  CompletableFuture<Stream> open(
      YamuxSession session, String protocol, boolean spoken, Runnable declined) {
    Optional<YamuxStream> opened = session.open();
    if (opened.isEmpty()) {
      return CompletableFuture.failedFuture(
          new NetworkException(
              Reason.LIMITED, "the connection to " + session.remote() + " takes no more streams"));
    }
    YamuxStream stream = opened.get();
    if (spoken) {
      StreamNegotiation.runLazily(stream, protocol, declined);
      return CompletableFuture.completedFuture(stream);
    }
    stream.idleLimit(negotiationMax);
    return StreamNegotiation.run(stream, Negotiation.dialer(List.of(protocol)))
        .thenApply(StreamDesk::unlimited);
  }

  /** Answers a stream that the remote opened. */
  void accept(YamuxStream stream) {
    stream.idleLimit(negotiationMax);
    CompletableFuture<Void> _ =
        StreamNegotiation.run(stream, Negotiation.listener(acceptors::containsKey))
            .handle(
                (agreed, _) -> {
                  if (agreed != null) {
                    handOver(agreed);
                  }
                  return null;
                });
  }

  private void handOver(YamuxStream stream) {
    StreamAcceptor acceptor = acceptors.get(stream.protocol());
    if (acceptor == null) {
      stream.reset();
      return;
    }
    try {
      acceptor.accept(unlimited(stream));
    } catch (RuntimeException e) {
      LOG.error("accepting {} from {} failed", stream.protocol(), stream.remote(), e);
      stream.reset();
    }
  }

  private static Stream unlimited(YamuxStream stream) {
    stream.idleLimit(Duration.ZERO);
    return stream;
  }
}
