package org.potluck.network.simulation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;
import org.potluck.network.Recent;

/** Where peers were last heard of, bounded in peers and in addresses per peer. */
final class AddressBook {
  static final int PEERS_MAX = 4096;
  static final int ADDRESSES_PER_PEER_MAX = 8;

  /** Ten thousand books say the same of a peer. */
  private static final Recent<List<Multiaddr>> LISTS = new Recent<>(15);

  private final Map<PeerId, List<Multiaddr>> entries = new LinkedHashMap<>();

  /** Puts {@code addresses} before those known, and {@code peer} last in the order of leaving. */
  void remember(PeerId peer, List<Multiaddr> addresses, Predicate<PeerId> connected) {
    if (addresses.isEmpty()) {
      return;
    }
    List<Multiaddr> known = entries.remove(peer);
    entries.put(peer, addresses.equals(known) ? known : merged(addresses, known));
    if (entries.size() > PEERS_MAX) {
      entries.keySet().stream().filter(connected.negate()).findFirst().ifPresent(entries::remove);
    }
  }

  private static List<Multiaddr> merged(
      List<Multiaddr> addresses, @Nullable List<Multiaddr> known) {
    Stream<Multiaddr> all =
        Stream.concat(addresses.stream(), known == null ? Stream.empty() : known.stream());
    return LISTS.canonical(all.distinct().limit(ADDRESSES_PER_PEER_MAX).toList());
  }

  List<Multiaddr> of(PeerId peer) {
    return entries.getOrDefault(peer, List.of());
  }
}
