package org.potluck.dht.routing;

import org.jspecify.annotations.Nullable;
import org.potluck.dht.records.DhtId;
import org.potluck.network.PeerId;
import org.potluck.network.Recent;

/** A node of the DHT: where it stands, and the peer to call. */
public final class Contact {
  private static final Recent<Contact> RECENT = new Recent<>(15);

  private final DhtId id;
  private final PeerId peer;

  /** Found out when first asked for, as that takes a hash. */
  private @Nullable Boolean bound;

  private Contact(DhtId id, PeerId peer) {
    this.id = id;
    this.peer = peer;
  }

  public static Contact of(DhtId id, PeerId peer) {
    return RECENT.get(
        id.hashCode(),
        known -> known.id.equals(id) && known.peer.equals(peer),
        () -> new Contact(id, peer));
  }

  public DhtId id() {
    return id;
  }

  public PeerId peer() {
    return peer;
  }

  /**
   * Whether the id follows from the peer's identity, as with all of our peers. hivemind's choose
   * theirs, and so can a liar, right beside any key; such contacts never take the place of bound
   * ones, but stand beside them.
   */
  public boolean bound() {
    Boolean known = bound;
    if (known == null) {
      known = DhtId.ofPeer(peer).equals(id);
      bound = known;
    }
    return known;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Contact that && id.equals(that.id) && peer.equals(that.peer);
  }

  @Override
  public int hashCode() {
    return id.hashCode() ^ peer.hashCode();
  }

  @Override
  public String toString() {
    return peer + " at " + id;
  }
}
