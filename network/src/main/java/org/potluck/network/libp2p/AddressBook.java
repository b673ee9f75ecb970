package org.potluck.network.libp2p;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/**
 * Where peers were last said to be.
 *
 * <p>Anybody can fill it with inventions, so it is bounded twice: per peer the newest few addresses
 * are kept, and the peer heard of longest ago goes first, unless there is a connection to it.
 */
final class AddressBook {
  static final int ADDRESSES_PER_PEER_MAX = 8;

  private final int peersMax;
  private final Predicate<PeerId> connected;

  /** In the order in which peers were last heard of; each list newest first. */
  private final Map<PeerId, List<Multiaddr>> known = new LinkedHashMap<>();

  AddressBook(int peersMax, Predicate<PeerId> connected) {
    if (peersMax < 1) {
      throw new IllegalArgumentException("peersMax must be positive: " + peersMax);
    }
    this.peersMax = peersMax;
    this.connected = connected;
  }

  /** Adds what can be dialed of {@code addresses}; those that name another peer are left out. */
  void remember(PeerId peer, List<Multiaddr> addresses) {
    List<Multiaddr> dialable = dialable(peer, addresses);
    if (dialable.isEmpty()) {
      return;
    }
    List<Multiaddr> merged = new ArrayList<>(dialable);
    List<Multiaddr> before = known.remove(peer);
    if (before != null) {
      before.stream().filter(address -> !dialable.contains(address)).forEach(merged::add);
    }
    known.put(
        peer, List.copyOf(merged.subList(0, Math.min(ADDRESSES_PER_PEER_MAX, merged.size()))));
    forgetBeyondLimit();
  }

  /** Newest first, each with the peer id at its end. */
  List<Multiaddr> addressesOf(PeerId peer) {
    return known.getOrDefault(peer, List.of());
  }

  int peers() {
    return known.size();
  }

  private static List<Multiaddr> dialable(PeerId peer, List<Multiaddr> addresses) {
    return addresses.stream()
        .limit(Multiaddr.LIST_MAX)
        .filter(address -> address.peer().map(peer::equals).orElse(true))
        .filter(address -> address.tcpSocket().isPresent())
        .map(address -> address.withPeer(peer))
        .distinct()
        .toList();
  }

  private void forgetBeyondLimit() {
    Iterator<PeerId> oldest = known.keySet().iterator();
    while (known.size() > peersMax && oldest.hasNext()) {
      if (!connected.test(oldest.next())) {
        oldest.remove();
      }
    }
  }
}
