/**
 * The shared notebook of the swarm: Kademlia speaking hivemind's DHT protocol, with signed records.
 *
 * <p>Others see {@link org.potluck.dht.Dht} and make a {@link org.potluck.dht.KademliaDht}. It
 * stands on the network port and its calls alone and runs on the peer's loop, with time and chance
 * as parameters. Handbook: {@code docs/dht.md}; bytes: {@code docs/wire.md}.
 */
@NullMarked
package org.potluck.dht;

import org.jspecify.annotations.NullMarked;
