package org.potluck.network.libp2p;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.potluck.network.EventLoop;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;
import org.potluck.network.Traffic;
import org.potluck.network.libp2p.security.NoiseSecurity;
import org.potluck.network.libp2p.security.SecurityProtocol;
import org.potluck.network.libp2p.security.TlsSecurity;
import org.potluck.network.libp2p.yamux.YamuxSession;

/** The port on real sockets: libp2p over TCP. */
public final class Libp2pNetwork implements Network {
  /** Interfaces come and go: laptops change their network. */
  private static final Duration LOOK_AROUND = Duration.ofSeconds(30);

  private final NettyLoop loop;
  private final Identity identity;
  private final Libp2pOptions options;
  private final Sockets sockets;
  private final Upgrader upgrader;
  private final Listener listener;
  private final ConnectionTable connections;
  private final AddressBook book;
  private final Identify identify;
  private final StreamDesk desk;
  private final ObservedAddresses observed = new ObservedAddresses();
  private final Map<PeerId, CompletableFuture<Connection>> dials = new LinkedHashMap<>();
  private List<Multiaddr> addresses = List.of();
  private boolean closed;

  private Libp2pNetwork(
      NettyLoop loop, Identity identity, Libp2pOptions options, List<SecurityProtocol> securities) {
    this.loop = loop;
    this.identity = identity;
    this.options = options;
    sockets = new Sockets(loop, options);
    upgrader = new Upgrader(securities, loop, options.yamux(), options.handshakeMax());
    listener = new Listener(sockets, options, this::accepted);
    connections = new ConnectionTable(identity.peerId());
    book = new AddressBook(options.knownPeersMax(), connections::connected);
    desk = new StreamDesk(options.handshakeMax());
    identify = new Identify(this, desk::protocols, this::seenAt);
  }

  /**
   * Starts listening and answering. Waits for the sockets, so it is not for the loop itself.
   *
   * @throws ListenException when a port is in use or an address is not this machine's
   */
  public static Libp2pNetwork start(NettyLoop loop, Identity identity, Libp2pOptions options)
      throws ListenException, InterruptedException {
    List<SecurityProtocol> securities = new ArrayList<>();
    for (String name : options.securities()) {
      if (name.equals(Libp2pOptions.NOISE)) {
        securities.add(new NoiseSecurity(identity));
      } else if (TlsSecurity.available()) {
        securities.add(new TlsSecurity(identity));
      }
    }
    if (securities.isEmpty()) {
      throw new IllegalStateException("no BoringSSL for this platform; offer /noise as well");
    }
    return start(loop, identity, options, securities);
  }

  static Libp2pNetwork start(
      NettyLoop loop, Identity identity, Libp2pOptions options, List<SecurityProtocol> securities)
      throws ListenException, InterruptedException {
    if (loop.inLoop()) {
      throw new IllegalStateException("starting waits for sockets; not on the loop");
    }
    Libp2pNetwork network = new Libp2pNetwork(loop, identity, options, securities);
    network.onLoop(network::answerBasics);
    try {
      for (Multiaddr address : options.listen()) {
        network.listener.bind(address);
      }
    } catch (ListenException e) {
      network.onLoop(
          () -> {
            CompletableFuture<Void> _ = network.close();
          });
      throw e;
    }
    network.onLoop(network::lookAround);
    return network;
  }

  @Override
  public Identity identity() {
    return identity;
  }

  @Override
  public EventLoop loop() {
    return loop;
  }

  @Override
  public List<Multiaddr> addresses() {
    return addresses;
  }

  @Override
  public void remember(PeerId peer, List<Multiaddr> heard) {
    if (!peer.equals(self())) {
      book.remember(peer, heard);
    }
  }

  @Override
  public List<Multiaddr> addressesOf(PeerId peer) {
    return book.addressesOf(peer);
  }

  @Override
  public CompletableFuture<PeerId> connect(Multiaddr address, Duration timeout) {
    CompletableFuture<PeerId> result = new CompletableFuture<>();
    Optional<PeerId> peer = address.peer();
    if (peer.isEmpty()) {
      result.completeExceptionally(
          new NetworkException(
              Reason.UNREACHABLE, address + " does not name a peer: it must end in /p2p/<id>"));
      return result;
    }
    return Deadlines.within(
        loop,
        timeout,
        connection(peer.get(), List.of(address)).thenApply(Connection::peer),
        "connecting to " + address,
        _ -> {});
  }

  @Override
  public CompletableFuture<org.potluck.network.Stream> open(
      PeerId peer, String protocol, Duration timeout) {
    CompletableFuture<org.potluck.network.Stream> opening =
        connection(peer, book.addressesOf(peer))
            .thenCompose(
                connection ->
                    desk.open(
                        connection.session(),
                        protocol,
                        identify.speaks(peer, protocol),
                        () -> identify.declined(peer, protocol)));
    return Deadlines.within(
        loop,
        timeout,
        opening,
        "opening " + protocol + " to " + peer,
        org.potluck.network.Stream::reset);
  }

  @Override
  public void handle(String protocol, StreamAcceptor acceptor) {
    desk.handle(protocol, acceptor);
  }

  @Override
  public void unhandle(String protocol) {
    desk.unhandle(protocol);
  }

  @Override
  public List<PeerId> connectedPeers() {
    return connections.peers();
  }

  @Override
  public Optional<PeerTraffic> traffic(PeerId peer) {
    return connections.traffic(peer);
  }

  @Override
  public Traffic total() {
    return sockets.total();
  }

  @Override
  public void listen(ConnectionListener one) {
    connections.listen(one);
  }

  @Override
  public void disconnect(PeerId peer) {
    connections.of(peer).forEach(Connection::close);
  }

  @Override
  public CompletableFuture<Void> close() {
    closed = true;
    List<ChannelFuture> closing = new ArrayList<>(listener.close());
    connections
        .all()
        .forEach(
            connection -> {
              closing.add(connection.closed());
              connection.close();
            });
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (ChannelFuture one : closing) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      ChannelFuture _ = one.addListener(_ -> done.complete(null));
      all.add(done);
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
  }

  private CompletableFuture<Connection> connection(PeerId peer, List<Multiaddr> candidates) {
    Optional<Connection> existing = connections.newest(peer);
    if (existing.isPresent()) {
      return CompletableFuture.completedFuture(existing.get());
    }
    CompletableFuture<Connection> underway = dials.get(peer);
    if (underway != null) {
      return underway;
    }
    if (closed || peer.equals(self())) {
      return CompletableFuture.failedFuture(
          new NetworkException(
              closed ? Reason.CLOSED : Reason.UNREACHABLE,
              closed ? "this peer is closing" : "a peer does not dial itself"));
    }
    if (sockets.open() >= options.connectionsMax()) {
      return CompletableFuture.failedFuture(
          new NetworkException(
              Reason.LIMITED, "there are already " + sockets.open() + " connections"));
    }
    return dial(peer, candidates);
  }

  private CompletableFuture<Connection> dial(PeerId peer, List<Multiaddr> candidates) {
    CompletableFuture<Connection> result = new CompletableFuture<>();
    dials.put(peer, result);
    CompletableFuture<Void> _ =
        Dial.run(peer, candidates, sockets, upgrader, loop, desk::accept)
            .handle(
                (reached, failure) -> {
                  dials.remove(peer, result);
                  if (reached == null) {
                    // The peer may have dialed us in the meantime.
                    connections
                        .newest(peer)
                        .ifPresentOrElse(
                            result::complete, () -> result.completeExceptionally(failure));
                  } else {
                    Connection made = connected(reached.channel(), reached.session(), true);
                    remember(peer, List.of(made.address()));
                    result.complete(made);
                  }
                  return null;
                });
    return result;
  }

  private void accepted(Channel channel) {
    if (closed) {
      ChannelFuture _ = channel.close();
      return;
    }
    CompletableFuture<Void> _ =
        upgrader
            .upgrade(channel, false, Optional.empty(), desk::accept)
            .handle(
                (session, _) -> {
                  if (session != null) {
                    connected(channel, session, false);
                  }
                  return null;
                });
  }

  private Connection connected(Channel channel, YamuxSession session, boolean dialed) {
    Connection connection =
        Connection.watch(channel, session, dialed, loop, options, connections::remove);
    if (closed || session.remote().equals(self())) {
      ChannelFuture _ = channel.close();
    } else {
      connections.add(connection);
    }
    return connection;
  }

  private void answerBasics() {
    identify.start();
    handle(Ping.PROTOCOL, Ping::answer);
    tick();
  }

  private void tick() {
    if (!closed) {
      connections.closeSpares();
      EventLoop.Timer _ = loop.schedule(options.keepAlive(), this::tick);
    }
  }

  private void lookAround() {
    if (!closed) {
      findAddresses();
      EventLoop.Timer _ = loop.schedule(LOOK_AROUND, this::lookAround);
    }
  }

  private void seenAt(PeerId witness, Multiaddr address) {
    if (observed.observe(witness, address)) {
      findAddresses();
    }
  }

  private void findAddresses() {
    Stream<Multiaddr> found =
        listener.bound().stream()
            .flatMap(socket -> OwnAddresses.of(socket, observed.believed()).stream())
            .sorted(Comparator.comparingInt(OwnAddresses::reach));
    List<Multiaddr> now =
        Stream.concat(options.announce().stream(), found)
            .map(address -> address.withPeer(self()))
            .distinct()
            .toList();
    if (!now.equals(addresses)) {
      addresses = now;
      identify.push();
    }
  }

  private void onLoop(Runnable task) throws InterruptedException {
    try {
      CompletableFuture.runAsync(task, loop).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("starting the network failed", e.getCause());
    }
  }
}
