package org.potluck.network.simulation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/** Where peers were last heard of, bounded in peers and in addresses per peer. */
final class AddressBook {
  static final int PEERS_MAX = 4096;
  static final int ADDRESSES_PER_PEER_MAX = 8;

  private final Map<PeerId, List<Multiaddr>> entries = new LinkedHashMap<>();

  /** Puts {@code addresses} before those known, and {@code peer} last in the order of leaving. */
  void remember(PeerId peer, List<Multiaddr> addresses, Predicate<PeerId> connected) {
    if (addresses.isEmpty()) {
      return;
    }
    List<Multiaddr> merged = new ArrayList<>(addresses);
    List<Multiaddr> known = entries.remove(peer);
    if (known != null) {
      merged.addAll(known);
    }
    entries.put(peer, merged.stream().distinct().limit(ADDRESSES_PER_PEER_MAX).toList());
    if (entries.size() > PEERS_MAX) {
      entries.keySet().stream().filter(connected.negate()).findFirst().ifPresent(entries::remove);
    }
  }

  List<Multiaddr> of(PeerId peer) {
    return entries.getOrDefault(peer, List.of());
  }
}
