/**
 * Where is a peer of which only the id is known: libp2p's own Kademlia, {@code /ipfs/kad/1.0.0},
 * FIND_NODE as client and as server (libp2p specs, kad-dht).
 *
 * <p>hivemind's messages carry peer ids without addresses; its peers find each other by this
 * protocol. Used by {@code org.potluck.dht} alone; runs on the peer's loop.
 */
@NullMarked
package org.potluck.dht.kad;

import org.jspecify.annotations.NullMarked;
