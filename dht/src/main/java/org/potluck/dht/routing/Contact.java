package org.potluck.dht.routing;

import org.potluck.dht.records.DhtId;
import org.potluck.network.PeerId;

/** A node of the DHT: where it stands, and the peer to call. */
public record Contact(DhtId id, PeerId peer) {}
