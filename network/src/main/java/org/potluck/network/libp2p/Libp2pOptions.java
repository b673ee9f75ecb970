package org.potluck.network.libp2p;

import java.time.Duration;
import java.util.List;
import org.potluck.network.Multiaddr;
import org.potluck.network.libp2p.yamux.YamuxOptions;

/**
 * How a peer listens, and the bounds of what others may ask of it.
 *
 * @param listen TCP addresses; empty for a peer that only dials out. Port 0 takes any free one.
 * @param announce addresses to tell others besides those found here, for instance of a forwarded
 *     port
 * @param securities libp2p names of the securities offered, the preferred one first: {@code
 *     /tls/1.0.0} (left out where this platform has no BoringSSL) and {@code /noise}
 * @param handshakeMax from a TCP connection to the proven peer
 * @param connectionsMax of all peers together, dialed and accepted
 * @param connectionsPerAddressMax that one IP address may open to us; this machine itself is
 *     exempt, for swarms that run on one machine
 * @param keepAlive how often a connection is asked for a sign of life
 * @param silenceMax a connection from which nothing arrives for so long is closed
 * @param knownPeersMax peers in the address book
 * @param yamux the limits of each connection's streams and buffers
 */
public record Libp2pOptions(
    List<Multiaddr> listen,
    List<Multiaddr> announce,
    List<String> securities,
    Duration handshakeMax,
    int connectionsMax,
    int connectionsPerAddressMax,
    Duration keepAlive,
    Duration silenceMax,
    int knownPeersMax,
    YamuxOptions yamux) {
  public static final String TLS = "/tls/1.0.0";
  public static final String NOISE = "/noise";

  public Libp2pOptions {
    listen = List.copyOf(listen);
    announce = List.copyOf(announce);
    securities = List.copyOf(securities);
    if (securities.isEmpty() || !List.of(TLS, NOISE).containsAll(securities)) {
      throw new IllegalArgumentException("securities must be of " + TLS + " and " + NOISE);
    }
    if (!handshakeMax.isPositive() || !keepAlive.isPositive() || !silenceMax.isPositive()) {
      throw new IllegalArgumentException("durations must be positive");
    }
    if (connectionsMax < 1 || connectionsPerAddressMax < 1 || knownPeersMax < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  /** Listens at {@code listen}, with limits that suit a home computer. */
  public static Libp2pOptions listeningOn(List<Multiaddr> listen) {
    return new Libp2pOptions(
        listen,
        List.of(),
        List.of(TLS, NOISE),
        Duration.ofSeconds(10),
        512,
        32,
        Duration.ofSeconds(5),
        Duration.ofSeconds(15),
        4096,
        YamuxOptions.DEFAULTS);
  }

  public Libp2pOptions withAnnounce(List<Multiaddr> addresses) {
    return new Libp2pOptions(
        listen,
        addresses,
        securities,
        handshakeMax,
        connectionsMax,
        connectionsPerAddressMax,
        keepAlive,
        silenceMax,
        knownPeersMax,
        yamux);
  }

  public Libp2pOptions withSecurities(List<String> names) {
    return new Libp2pOptions(
        listen,
        announce,
        names,
        handshakeMax,
        connectionsMax,
        connectionsPerAddressMax,
        keepAlive,
        silenceMax,
        knownPeersMax,
        yamux);
  }

  /** With another limit from a TCP connection to the proven peer. */
  public Libp2pOptions withHandshakeMax(Duration max) {
    return new Libp2pOptions(
        listen,
        announce,
        securities,
        max,
        connectionsMax,
        connectionsPerAddressMax,
        keepAlive,
        silenceMax,
        knownPeersMax,
        yamux);
  }

  /** With other limits of connections, for instance for a public bootstrap peer. */
  public Libp2pOptions withConnections(int max, int perAddressMax) {
    return new Libp2pOptions(
        listen,
        announce,
        securities,
        handshakeMax,
        max,
        perAddressMax,
        keepAlive,
        silenceMax,
        knownPeersMax,
        yamux);
  }
}
