package org.potluck.dht.kad;

import com.google.protobuf.ByteString;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.potluck.dht.proto.KadMessage;
import org.potluck.dht.proto.KadPeer;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;

/**
 * Answers FIND_NODE with the 20 peers nearest to the one that is looked for, with their addresses,
 * and with that peer itself when it is known. Keeps no values and no providers for anybody.
 */
public final class KadServer {
  static final int NEAREST = 20;
  private static final int ADDRESSES_MAX = 8;

  /** Questions on one stream, after which it is closed. */
  private static final int QUESTIONS_MAX = 128;

  private final Network network;
  private final Supplier<Collection<PeerId>> known;
  private final Predicate<PeerId> admits;
  private final KadSpace space = new KadSpace();

  private KadServer(Network network, Supplier<Collection<PeerId>> known, Predicate<PeerId> admits) {
    this.network = network;
    this.known = known;
    this.admits = admits;
  }

  /**
   * Answers from now on.
   *
   * @param known peers that may be named
   * @param admits whether a peer may ask a question now; asked for each
   */
  public static void serve(
      Network network, Supplier<Collection<PeerId>> known, Predicate<PeerId> admits) {
    KadServer server = new KadServer(network, known, admits);
    network.handle(PeerFinder.PROTOCOL, server::accept);
  }

  private void accept(Stream stream) {
    KadStream _ = KadStream.on(stream, new Questions(stream.remote()));
  }

  private final class Questions implements KadStream.Owner {
    private final PeerId caller;
    private int asked;

    Questions(PeerId caller) {
      this.caller = caller;
    }

    @Override
    public void said(KadStream stream, KadMessage question) {
      boolean answerable =
          question.getType() == KadMessage.Type.FIND_NODE
              || question.getType() == KadMessage.Type.PING;
      if (!answerable
          || ++asked > QUESTIONS_MAX
          || question.getKey().size() > PeerId.BYTES_MAX
          || !admits.test(caller)) {
        stream.reset();
      } else {
        stream.say(answer(question, caller));
      }
    }

    @Override
    public void ended() {}
  }

  private KadMessage answer(KadMessage question, PeerId caller) {
    KadMessage.Builder answer =
        KadMessage.newBuilder().setType(question.getType()).setKey(question.getKey());
    if (question.getType() == KadMessage.Type.PING) {
      return answer.build();
    }
    Set<PeerId> candidates = new LinkedHashSet<>(known.get());
    candidates.addAll(network.connectedPeers());
    List<PeerId> connected = network.connectedPeers();
    candidates.remove(caller);
    candidates.removeIf(peer -> network.addressesOf(peer).isEmpty());
    for (PeerId peer : space.nearest(candidates, question.getKey().toByteArray(), NEAREST)) {
      KadPeer.Builder named =
          KadPeer.newBuilder()
              .setId(ByteString.copyFrom(peer.toBytes()))
              .setConnection(
                  connected.contains(peer)
                      ? KadPeer.Connection.CONNECTED
                      : KadPeer.Connection.CAN_CONNECT);
      network.addressesOf(peer).stream()
          .limit(ADDRESSES_MAX)
          .map(Multiaddr::withoutPeer)
          .forEach(address -> named.addAddresses(ByteString.copyFrom(address.toBytes())));
      answer.addCloserPeers(named);
    }
    return answer.build();
  }
}
