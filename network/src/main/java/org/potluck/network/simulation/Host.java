package org.potluck.network.simulation;

import org.jspecify.annotations.Nullable;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;

/** A machine: what stays the same when the peer on it crashes and starts again. */
final class Host {
  final int index;
  final String name;
  final PeerProfile profile;
  final Disk disk = new Disk();

  /** Changes only with the loss of the disk, as the key is on it. */
  Identity identity;

  Multiaddr address;

  /** The peer that runs on it now. */
  @Nullable SimulatedNetwork running;

  /** Whether the machine has power; without, it does not even refuse connections. */
  boolean powered = true;

  /** What of the profile's bandwidth is there at present. */
  double upFactor = 1;

  double downFactor = 1;

  /** What its clock shows more than the true time. */
  long clockSkewNanos;

  /** Seconds that its clock gains per second. */
  double clockDrift;

  /** Whether its owner has switched the peer off: no fault brings it back. */
  boolean absent;

  Conduct conduct = Conduct.HONEST;
  @Nullable Liar liar;

  Host(int index, String name, Identity identity, PeerProfile profile) {
    this.index = index;
    this.name = name;
    this.identity = identity;
    this.profile = profile;
    this.address = addressOf(identity);
  }

  /** The machine becomes a stranger at the same place. */
  void loseDisk(Identity newIdentity) {
    disk.wipe();
    identity = newIdentity;
    address = addressOf(newIdentity);
  }

  double upBytesPerSecond() {
    return profile.up().bytesPerSecond() * upFactor;
  }

  double downBytesPerSecond() {
    return profile.down().bytesPerSecond() * downFactor;
  }

  /** What its clock shows at a true time. */
  long clockNanos(long trueNanos) {
    return trueNanos + clockSkewNanos + Math.round(trueNanos * clockDrift);
  }

  /** How long a span of its clock really is. */
  long trueNanos(long span) {
    return clockDrift == 0 ? span : Math.round(span / (1 + clockDrift));
  }

  private Multiaddr addressOf(Identity owner) {
    return Multiaddr.parse(endpoint(index) + "/p2p/" + owner.peerId());
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
