package org.potluck.dht.routing;

import org.potluck.dht.records.DhtId;
import org.potluck.network.PeerId;

/** A node of the DHT: where it stands, and the peer to call. */
public record Contact(DhtId id, PeerId peer) {
  /**
   * Whether the id follows from the peer's identity, as with all of our peers. hivemind's choose
   * theirs, and so can a liar, right beside any key; such contacts never take the place of bound
   * ones, but stand beside them.
   */
  public boolean bound() {
    return DhtId.ofPeer(peer).equals(id);
  }
}
