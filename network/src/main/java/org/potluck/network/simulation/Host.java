package org.potluck.network.simulation;

import org.jspecify.annotations.Nullable;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;

/** A machine: what stays the same when the peer on it crashes and starts again. */
final class Host {
  final int index;
  final String name;
  final Identity identity;
  final PeerProfile profile;
  final Multiaddr address;

  /** The peer that runs on it now. */
  @Nullable SimulatedNetwork running;

  /** Whether the machine has power; without, it does not even refuse connections. */
  boolean powered = true;

  Host(int index, String name, Identity identity, PeerProfile profile) {
    this.index = index;
    this.name = name;
    this.identity = identity;
    this.profile = profile;
    this.address = Multiaddr.parse(endpoint(index) + "/p2p/" + identity.peerId());
  }

  static String endpoint(int index) {
    int number = index + 1;
    return "/ip4/10."
        + (number >> 16 & 255)
        + "."
        + (number >> 8 & 255)
        + "."
        + (number & 255)
        + "/tcp/4001";
  }
}
