package org.potluck.dht.kad;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.network.PeerId;
import org.potluck.network.Sha256;

/** Distances as libp2p's Kademlia has them: XOR of SHA-256 of peer ids. */
final class KadSpace {
  private static final int REMEMBERED_MAX = 4096;

  private final Map<PeerId, byte[]> places = new LinkedHashMap<>();

  /** The {@code count} of {@code peers} nearest to {@code key}, nearest first. */
  List<PeerId> nearest(Collection<PeerId> peers, byte[] key, int count) {
    byte[] target = Sha256.of(key);
    Map<PeerId, byte[]> distances = new LinkedHashMap<>();
    peers.forEach(peer -> distances.put(peer, xor(place(peer), target)));
    return distances.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Arrays::compareUnsigned))
        .limit(count)
        .map(Map.Entry::getKey)
        .toList();
  }

  private byte[] place(PeerId peer) {
    byte[] known = places.get(peer);
    if (known != null) {
      return known;
    }
    byte[] place = Sha256.of(peer.toBytes());
    places.put(peer, place);
    if (places.size() > REMEMBERED_MAX) {
      places.remove(places.keySet().iterator().next());
    }
    return place;
  }

  private static byte[] xor(byte[] one, byte[] other) {
    byte[] difference = new byte[one.length];
    for (int i = 0; i < one.length; i++) {
      difference[i] = (byte) (one[i] ^ other[i]);
    }
    return difference;
  }
}
