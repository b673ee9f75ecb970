package org.potluck.network.libp2p;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.Promise;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.libp2p.security.SecuredConnection;
import org.potluck.network.libp2p.security.SecurityProtocol;
import org.potluck.network.libp2p.yamux.WindowBudget;
import org.potluck.network.libp2p.yamux.YamuxOptions;
import org.potluck.network.libp2p.yamux.YamuxSession;
import org.potluck.network.libp2p.yamux.YamuxStream;

/**
 * Turns a raw channel into a yamux session with a proven peer: security by multistream-select, then
 * the muxer, which both securities can already agree on in their handshake (libp2p specs,
 * inlined-muxer-negotiation).
 */
final class Upgrader {
  private static final String YAMUX = "/yamux/1.0.0";

  private final List<SecurityProtocol> securities;
  private final EventLoop loop;
  private final YamuxOptions options;
  private final WindowBudget budget;
  private final Duration limit;

  Upgrader(
      List<SecurityProtocol> securities, EventLoop loop, YamuxOptions options, Duration limit) {
    this.securities = List.copyOf(securities);
    this.loop = loop;
    this.options = options;
    this.budget = new WindowBudget(options.growthBytesMax());
    this.limit = limit;
  }

  /**
   * Fails with a {@link NetworkException} and closes the channel when the upgrade does not work.
   *
   * @param incoming gets the streams that the remote opens
   */
  CompletableFuture<YamuxSession> upgrade(
      Channel channel, boolean dialer, Optional<PeerId> expected, Consumer<YamuxStream> incoming) {
    CompletableFuture<YamuxSession> done = new CompletableFuture<>();
    Attempt attempt = new Attempt(channel, dialer, expected, incoming, done);
    channel
        .closeFuture()
        .addListener(
            _ ->
                attempt.fail(
                    new NetworkException(
                        NetworkException.Reason.CLOSED,
                        "the connection was closed during the handshake")));
    EventLoop.Timer deadline =
        loop.schedule(
            limit,
            () ->
                attempt.fail(
                    new NetworkException(
                        NetworkException.Reason.TIMED_OUT,
                        "the handshake took longer than " + limit.toSeconds() + " s")));
    CompletableFuture<Void> _ =
        done.handle(
            (_, _) -> {
              deadline.cancel();
              return null;
            });
    attempt.agreeOnSecurity();
    return done;
  }

  private final class Attempt {
    private final Channel channel;
    private final boolean dialer;
    private final Optional<PeerId> expected;
    private final Consumer<YamuxStream> incoming;
    private final CompletableFuture<YamuxSession> done;

    Attempt(
        Channel channel,
        boolean dialer,
        Optional<PeerId> expected,
        Consumer<YamuxStream> incoming,
        CompletableFuture<YamuxSession> done) {
      this.channel = channel;
      this.dialer = dialer;
      this.expected = expected;
      this.incoming = incoming;
      this.done = done;
    }

    void agreeOnSecurity() {
      List<String> names = securities.stream().map(SecurityProtocol::protocol).toList();
      negotiate(names, this::secure);
    }

    private void secure(String protocol) {
      SecurityProtocol security =
          securities.stream().filter(s -> s.protocol().equals(protocol)).findFirst().orElseThrow();
      Promise<SecuredConnection> secured = channel.eventLoop().newPromise();
      secured.addListener(
          _ -> {
            if (secured.isSuccess()) {
              agreeOnMuxer(secured.getNow());
            } else {
              fail(secured.cause());
            }
          });
      security.secure(channel, dialer, expected, List.of(YAMUX), secured);
    }

    private void agreeOnMuxer(SecuredConnection secured) {
      if (secured.muxer().isPresent()) {
        mux(secured.remote());
      } else {
        negotiate(List.of(YAMUX), _ -> mux(secured.remote()));
      }
    }

    private void mux(PeerId remote) {
      YamuxSession session = new YamuxSession(dialer, remote, loop, options, budget, incoming);
      channel.pipeline().addLast(session);
      done.complete(session);
    }

    private void negotiate(List<String> protocols, Consumer<String> agreed) {
      Negotiation negotiation =
          dialer ? Negotiation.dialer(protocols) : Negotiation.listener(protocols::contains);
      channel.pipeline().addLast(new ChannelNegotiation(negotiation, agreed, this::fail));
    }

    void fail(Throwable cause) {
      if (done.completeExceptionally(cause)) {
        ChannelFuture _ = channel.close();
      }
    }
  }
}
