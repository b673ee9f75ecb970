package org.potluck.network;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What a peer can do with the network: be found, dial, open streams, answer them.
 *
 * <p>Every method is called on {@link #loop()} and every callback and future completes there. A
 * future that fails, fails with a {@link NetworkException} that says what happened in words a
 * volunteer understands.
 */
public interface Network {
  /** The identity that this network proves to others during every handshake. */
  Identity identity();

  /** Short for {@code identity().peerId()}. */
  default PeerId self() {
    return identity().peerId();
  }

  /** The loop on which all of this runs. */
  EventLoop loop();

  /**
   * Addresses at which others can reach this peer, most widely reachable first, each ending in
   * {@code /p2p/<self>}. Empty when this peer can only dial out.
   */
  List<Multiaddr> addresses();

  /**
   * Adds addresses to the address book. The book is bounded: per peer the newest few are kept, and
   * peers heard of longest ago are forgotten first unless connected.
   */
  void remember(PeerId peer, List<Multiaddr> addresses);

  /** What the address book knows of {@code peer}, newest first. */
  List<Multiaddr> addressesOf(PeerId peer);

  /**
   * Connects to the peer named at the end of {@code address} ({@code .../p2p/<peer id>}), or uses
   * the connection there is.
   */
  CompletableFuture<PeerId> connect(Multiaddr address, Duration timeout);

  /**
   * Opens a stream, dialing first where there is no connection. The stream delivers nothing before
   * {@link Stream#handler} is called, which the continuation of this future must do at once.
   *
   * @param protocol the libp2p protocol id, for instance {@code /ipfs/ping/1.0.0}
   * @param timeout for dialing and negotiation together
   */
  CompletableFuture<Stream> open(PeerId peer, String protocol, Duration timeout);

  /** Answers streams of {@code protocol} with {@code acceptor}; replaces an earlier one. */
  void handle(String protocol, StreamAcceptor acceptor);

  /** Stops answering {@code protocol}. Streams that are open stay open. */
  void unhandle(String protocol);

  /** The peers there is a connection to, in the order in which they connected. */
  List<PeerId> connectedPeers();

  /** Bytes, round-trip time and directness of the connection to {@code peer}, since it began. */
  Optional<PeerTraffic> traffic(PeerId peer);

  /** Bytes sent and received by this peer since it started, over all connections. */
  Traffic total();

  /** Tells {@code listener} of every peer that connects or is gone from now on. */
  void listen(ConnectionListener listener);

  /** Closes the connection to {@code peer}, resetting its streams. */
  void disconnect(PeerId peer);

  /** Closes all connections and stops listening. The loop is the caller's to stop. */
  CompletableFuture<Void> close();

  /** Decides what to do with a stream that a remote peer opened; must set a handler at once. */
  @FunctionalInterface
  interface StreamAcceptor {
    void accept(Stream stream);
  }

  /** Hears of peers coming and going: first connection made, last connection lost. */
  interface ConnectionListener {
    default void connected(PeerId peer) {}

    default void disconnected(PeerId peer) {}
  }
}
