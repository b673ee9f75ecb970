package org.potluck.network.libp2p;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/**
 * What others say our IP address is, as far as it can be believed.
 *
 * <p>A machine behind a home router does not know its public address; the peers it dials see it.
 * One of them could lie, so an address counts once two peers agree. They see the port of one
 * outgoing connection; others must dial the port we listen on, so only the IP address is learnt.
 */
final class ObservedAddresses {
  private static final int WITNESSES_MIN = 2;
  private static final int OBSERVATIONS_MAX = 64;

  /** The newest word of each peer, oldest first. */
  private final LinkedHashMap<PeerId, InetAddress> observations = new LinkedHashMap<>();

  /** Whether this changes what is believed. */
  boolean observe(PeerId witness, Multiaddr address) {
    if (address.isLoopback() || address.isPrivate() || address.ip().isEmpty()) {
      return false;
    }
    List<InetAddress> before = believed();
    observations.remove(witness);
    observations.put(witness, address.ip().get());
    if (observations.size() > OBSERVATIONS_MAX) {
      observations.pollFirstEntry();
    }
    return !Objects.equals(before, believed());
  }

  /** At most one address of each IP version: the one most peers agree on. */
  List<InetAddress> believed() {
    Map<InetAddress, Integer> witnesses = new LinkedHashMap<>();
    observations.values().forEach(address -> witnesses.merge(address, 1, Integer::sum));
    List<InetAddress> believed = new ArrayList<>();
    Stream.of(4, 16)
        .forEach(
            bytes ->
                witnesses.entrySet().stream()
                    .filter(entry -> entry.getKey().getAddress().length == bytes)
                    .filter(entry -> entry.getValue() >= WITNESSES_MIN)
                    .max(Map.Entry.comparingByValue())
                    .ifPresent(entry -> believed.add(entry.getKey())));
    return believed;
  }
}
