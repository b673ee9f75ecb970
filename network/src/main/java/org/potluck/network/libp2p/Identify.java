package org.potluck.network.libp2p;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;
import org.potluck.network.Stream;
import org.potluck.network.proto.IdentifyMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells peers who we are, and asks who they are, once connected (libp2p specs, identify).
 *
 * <p>Three things come of it: where the peer listens goes into the address book, the address it
 * sees us at may be our public one, and the protocols it speaks can be opened without waiting for
 * the answer of multistream-select.
 */
final class Identify implements Network.ConnectionListener {
  static final String PROTOCOL = "/ipfs/id/1.0.0";
  static final String PUSH_PROTOCOL = "/ipfs/id/push/1.0.0";

  private static final Logger LOG = LoggerFactory.getLogger(Identify.class);
  private static final String PROTOCOL_VERSION = "potluck/1";
  private static final String AGENT_VERSION = "potluck";
  private static final Duration OPEN_MAX = Duration.ofSeconds(15);
  private static final int PROTOCOLS_MAX = 256;
  private static final int PROTOCOL_CHARS_MAX = 256;

  private final Network network;
  private final Supplier<List<String>> ownProtocols;
  private final BiConsumer<PeerId, Multiaddr> observed;
  private final Map<PeerId, List<String>> spoken = new LinkedHashMap<>();

  /**
   * @param ownProtocols what is answered here
   * @param observed hears at which address a peer sees us
   */
  Identify(
      Network network,
      Supplier<List<String>> ownProtocols,
      BiConsumer<PeerId, Multiaddr> observed) {
    this.network = network;
    this.ownProtocols = ownProtocols;
    this.observed = observed;
  }

  void start() {
    network.handle(PROTOCOL, this::answer);
    network.handle(PUSH_PROTOCOL, stream -> IdentifyReader.read(stream, m -> hear(stream, m)));
    network.listen(this);
  }

  /** Whether {@code peer} said that it speaks {@code protocol}; only of connected peers. */
  boolean speaks(PeerId peer, String protocol) {
    return spoken.getOrDefault(peer, List.of()).contains(protocol);
  }

  /** Takes back that {@code peer} speaks {@code protocol}: it was asked and declined. */
  void declined(PeerId peer, String protocol) {
    spoken.computeIfPresent(
        peer, (_, all) -> all.stream().filter(one -> !one.equals(protocol)).toList());
  }

  /** Tells every connected peer that our addresses or protocols have changed. */
  void push() {
    network.connectedPeers().stream()
        .filter(peer -> speaks(peer, PUSH_PROTOCOL))
        .forEach(peer -> open(peer, PUSH_PROTOCOL, this::answer));
  }

  @Override
  public void connected(PeerId peer) {
    open(peer, PROTOCOL, stream -> IdentifyReader.read(stream, message -> hear(stream, message)));
  }

  @Override
  public void disconnected(PeerId peer) {
    spoken.remove(peer);
  }

  private void open(PeerId peer, String protocol, Network.StreamAcceptor then) {
    CompletableFuture<Void> _ =
        network
            .open(peer, protocol, OPEN_MAX)
            .handle(
                (stream, failure) -> {
                  if (stream != null) {
                    then.accept(stream);
                  } else {
                    LOG.debug("{} does not answer {}", peer, protocol, failure);
                  }
                  return null;
                });
  }

  /** Says who we are, for identify and push alike, and ends the stream. */
  private void answer(Stream stream) {
    stream.idleLimit(OPEN_MAX);
    stream.handler(
        (_, data) -> {
          // Nothing is expected from this side.
          data.position(data.limit());
        });
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      message(stream.remote()).writeDelimitedTo(bytes);
      stream.write(ByteBuffer.wrap(bytes.toByteArray()));
      stream.closeWrite();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory does not fail", e);
    }
  }

  private IdentifyMessage message(PeerId remote) {
    IdentifyMessage.Builder message =
        IdentifyMessage.newBuilder()
            .setPublicKey(ByteString.copyFrom(network.identity().publicKey().toProtobuf()))
            .setProtocolVersion(PROTOCOL_VERSION)
            .setAgentVersion(AGENT_VERSION)
            .addAllProtocols(ownProtocols.get());
    network.addresses().stream()
        .map(address -> ByteString.copyFrom(address.withoutPeer().toBytes()))
        .forEach(message::addListenAddresses);
    network
        .traffic(remote)
        .map(PeerTraffic::address)
        .ifPresent(
            address ->
                message.setObservedAddress(ByteString.copyFrom(address.withoutPeer().toBytes())));
    return message.build();
  }

  private void hear(Stream stream, IdentifyMessage message) {
    PeerId peer = stream.remote();
    Optional<Multiaddr> seenAt = network.traffic(peer).map(PeerTraffic::address);
    if (seenAt.isEmpty()) {
      return;
    }
    boolean sameMachine = seenAt.get().isLoopback();
    List<Multiaddr> listening =
        Multiaddr.known(
                message.getListenAddressesList().stream()
                    .limit(Multiaddr.LIST_MAX)
                    .map(ByteString::toByteArray)
                    .toList())
            .stream()
            .filter(address -> sameMachine || !address.isLoopback())
            .toList();
    network.remember(peer, listening);
    spoken.put(
        peer,
        message.getProtocolsList().stream()
            .limit(PROTOCOLS_MAX)
            .filter(protocol -> protocol.length() <= PROTOCOL_CHARS_MAX)
            .toList());
    Multiaddr.known(List.of(message.getObservedAddress().toByteArray()))
        .forEach(address -> observed.accept(peer, address));
  }
}
