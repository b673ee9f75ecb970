package org.potluck.network.libp2p;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.network.EventLoop;
import org.potluck.network.Multiaddr;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.libp2p.yamux.YamuxSession;
import org.potluck.network.libp2p.yamux.YamuxStream;

/**
 * One attempt to reach a peer at any of its addresses.
 *
 * <p>They are tried one after the other, the next when the one before failed or after a quarter of
 * a second, whichever is first (RFC 8305, "happy eyeballs"). The first that proves to be the peer
 * wins; the others are closed.
 */
final class Dial {
  private static final Duration STAGGER = Duration.ofMillis(250);
  private static final int ADDRESSES_MAX = 16;

  /** What came of it. */
  record Reached(Channel channel, YamuxSession session) {}

  private final PeerId peer;
  private final Sockets sockets;
  private final Upgrader upgrader;
  private final EventLoop loop;
  private final Consumer<YamuxStream> incoming;
  private final Deque<Multiaddr> untried = new ArrayDeque<>();
  private final List<Channel> open = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private final CompletableFuture<Reached> done = new CompletableFuture<>();
  private int underway;
  private boolean wrongPeer;
  private EventLoop.@Nullable Timer nextTry;

  private Dial(
      PeerId peer,
      Sockets sockets,
      Upgrader upgrader,
      EventLoop loop,
      Consumer<YamuxStream> incoming) {
    this.peer = peer;
    this.sockets = sockets;
    this.upgrader = upgrader;
    this.loop = loop;
    this.incoming = incoming;
  }

  static CompletableFuture<Reached> run(
      PeerId peer,
      List<Multiaddr> addresses,
      Sockets sockets,
      Upgrader upgrader,
      EventLoop loop,
      Consumer<YamuxStream> incoming) {
    Dial dial = new Dial(peer, sockets, upgrader, loop, incoming);
    addresses.stream()
        .filter(address -> address.tcpSocket().isPresent())
        .limit(ADDRESSES_MAX)
        .forEach(dial.untried::add);
    dial.tryNext();
    return dial.done;
  }

  private void tryNext() {
    if (nextTry != null) {
      nextTry.cancel();
      nextTry = null;
    }
    if (done.isDone()) {
      return;
    }
    Multiaddr address = untried.poll();
    if (address == null) {
      if (underway == 0) {
        giveUp();
      }
      return;
    }
    underway++;
    nextTry = loop.schedule(STAGGER, this::tryNext);
    resolve(address, address.tcpSocket().orElseThrow());
  }

  private void resolve(Multiaddr address, InetSocketAddress socket) {
    if (!socket.isUnresolved()) {
      connect(address, socket);
      return;
    }
    // The system's resolver blocks, so it gets a thread of its own.
    Thread _ =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    InetAddress found = InetAddress.getByName(socket.getHostString());
                    loop.execute(
                        () -> connect(address, new InetSocketAddress(found, socket.getPort())));
                  } catch (UnknownHostException e) {
                    loop.execute(() -> failed(address, e));
                  }
                });
  }

  private void connect(Multiaddr address, InetSocketAddress socket) {
    if (done.isDone()) {
      return;
    }
    ChannelFuture connecting = sockets.connect(socket);
    open.add(connecting.channel());
    ChannelFuture _ =
        connecting.addListener(
            _ -> {
              if (connecting.isSuccess()) {
                upgrade(address, connecting.channel());
              } else {
                failed(address, connecting.cause());
              }
            });
  }

  private void upgrade(Multiaddr address, Channel channel) {
    CompletableFuture<Void> _ =
        upgrader
            .upgrade(channel, true, Optional.of(peer), incoming)
            .handle(
                (session, failure) -> {
                  if (session == null) {
                    failed(address, failure);
                  } else {
                    reached(channel, session);
                  }
                  return null;
                });
  }

  private void reached(Channel channel, YamuxSession session) {
    if (done.isDone()) {
      ChannelFuture _ = channel.close();
      return;
    }
    if (nextTry != null) {
      nextTry.cancel();
    }
    // First done, so that the closing of the others is not taken for failures.
    done.complete(new Reached(channel, session));
    open.remove(channel);
    for (Channel other : open) {
      ChannelFuture _ = other.close();
    }
  }

  private void failed(Multiaddr address, @Nullable Throwable cause) {
    underway--;
    if (cause instanceof NetworkException known && known.reason() == Reason.WRONG_PEER) {
      wrongPeer = true;
    }
    String why = cause == null ? "unknown" : String.valueOf(cause.getMessage());
    failures.add(address.withoutPeer() + " (" + why + ")");
    tryNext();
  }

  private void giveUp() {
    String tried =
        failures.isEmpty() ? "no address is known" : "tried " + String.join(", ", failures);
    done.completeExceptionally(
        new NetworkException(
            wrongPeer ? Reason.WRONG_PEER : Reason.UNREACHABLE,
            "cannot reach peer " + peer + ": " + tried));
  }
}
