package org.potluck.dht;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.dht.proto.NodeInfo;
import org.potluck.dht.proto.PeerAddresses;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.routing.Contact;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Recent;

/**
 * At which addresses nodes can be dialed: what this one says of itself and of its contacts, and
 * what it was told. Every answer names twenty nodes, so what is said is made once, and what is told
 * is not even parsed until somebody is to be called.
 */
final class Introductions {
  private static final int ADDRESSES_MAX = 6;
  private static final int ADDRESS_CHARS_MAX = 256;
  private static final int HEARSAY_MAX = 512;
  private static final int INTRODUCTIONS_MAX = 1024;
  private static final Duration GOOD_FOR = Duration.ofMinutes(1);

  /** All say the same of one peer, mostly. */
  private static final Recent<PeerAddresses> ADDRESSES = new Recent<>(15);

  private static final Recent<Name> NAMES = new Recent<>(15);

  private final Network network;
  private final DhtId self;
  private final boolean clientOnly;
  private final Map<Contact, Introduction> introductions = new LinkedHashMap<>();
  private final Map<PeerId, PeerAddresses> hearsay = new LinkedHashMap<>();
  private List<Multiaddr> toldAddresses = List.of();
  private NodeInfo told = NodeInfo.getDefaultInstance();

  /**
   * @param clientOnly whether others are told nothing of this node
   */
  Introductions(Network network, DhtId self, boolean clientOnly) {
    this.network = network;
    this.self = self;
    this.clientOnly = clientOnly;
  }

  /** How a contact is named in answers. */
  record Name(Contact contact, ByteString id, ByteString peer, PeerAddresses addresses) {
    static Name of(Contact contact, PeerAddresses addresses) {
      return NAMES.get(
          contact.hashCode() ^ addresses.hashCode(),
          known -> known.contact.equals(contact) && known.addresses.equals(addresses),
          () ->
              new Name(
                  contact,
                  contact.id().toBytes(),
                  ByteString.copyFrom(contact.peer().toBytes()),
                  addresses));
    }
  }

  private record Introduction(Instant made, List<Multiaddr> from, Name name) {
    boolean good(Instant now) {
      return !from.isEmpty() && made.plus(GOOD_FOR).isAfter(now);
    }
  }

  /** What this node says of itself; made anew when its addresses change. */
  NodeInfo ours() {
    List<Multiaddr> addresses = clientOnly ? List.of() : network.addresses();
    if (!addresses.equals(toldAddresses)) {
      toldAddresses = List.copyOf(addresses);
      NodeInfo.Builder info = NodeInfo.newBuilder();
      if (!addresses.isEmpty()) {
        info.setNodeId(self.toBytes());
        texts(addresses).forEach(info::addAddressesBytes);
      }
      told = info.build();
    }
    return told;
  }

  /** What is said of {@code contact}; looked at anew a minute after. */
  Name of(Contact contact, Instant now) {
    Introduction introduction = introductions.get(contact);
    if (introduction == null || !introduction.good(now)) {
      List<Multiaddr> known = network.addressesOf(contact.peer());
      Name name =
          introduction != null && introduction.from.equals(known)
              ? introduction.name
              : name(contact, known);
      introduction = new Introduction(now, known, name);
      introductions.put(contact, introduction);
      if (introductions.size() > INTRODUCTIONS_MAX) {
        introductions.remove(introductions.keySet().iterator().next());
      }
    }
    return introduction.name;
  }

  private static Name name(Contact contact, List<Multiaddr> known) {
    PeerAddresses.Builder addresses = PeerAddresses.newBuilder();
    texts(known).forEach(addresses::addAddressesBytes);
    return Name.of(contact, ADDRESSES.canonical(addresses.build()));
  }

  /** Keeps what is said of a peer's addresses until it is called, if it ever is. */
  void hear(PeerId peer, PeerAddresses addresses) {
    boolean bounded = addresses.getSerializedSize() <= ADDRESSES_MAX * ADDRESS_CHARS_MAX;
    if (addresses.getAddressesCount() > 0 && bounded && network.addressesOf(peer).isEmpty()) {
      hearsay.put(peer, ADDRESSES.canonical(addresses));
      if (hearsay.size() > HEARSAY_MAX) {
        hearsay.remove(hearsay.keySet().iterator().next());
      }
    }
  }

  /** {@code peer} is about to be called: what was heard of it goes into the address book. */
  void calling(PeerId peer) {
    PeerAddresses addresses = hearsay.remove(peer);
    if (addresses != null) {
      remember(peer, addresses.getAddressesList());
    }
  }

  /** Puts what makes sense of {@code texts} into the network's address book. */
  void remember(PeerId peer, List<String> texts) {
    List<Multiaddr> addresses = new ArrayList<>();
    for (String text : texts.subList(0, Math.min(texts.size(), ADDRESSES_MAX))) {
      if (text.length() > ADDRESS_CHARS_MAX || known(peer, text)) {
        continue;
      }
      try {
        Multiaddr address = Multiaddr.parse(text);
        if (address.peer().filter(peer::equals).isPresent()) {
          addresses.add(address);
        }
      } catch (IllegalArgumentException e) {
        // A transport this peer does not know, or nonsense; the other addresses may still serve.
      }
    }
    if (!addresses.isEmpty() && !peer.equals(network.self())) {
      network.remember(peer, addresses);
    }
  }

  /** Parsing an address takes ten times as long as all else an answer needs. */
  private boolean known(PeerId peer, String text) {
    for (Multiaddr address : network.addressesOf(peer)) {
      if (address.toString().equals(text)) {
        return true;
      }
    }
    return false;
  }

  /** As bytes, which need no encoding each time they are sent. */
  private static List<ByteString> texts(List<Multiaddr> addresses) {
    return addresses.stream()
        .limit(ADDRESSES_MAX)
        .map(address -> ByteString.copyFromUtf8(address.toString()))
        .toList();
  }
}
