/**
 * Calls between peers: protobuf messages over streams, in hivemind's framing.
 *
 * <p>Built on the port alone, so it runs on Netty and in the simulator alike. Everything is bounded
 * before it is parsed. Runs on the peer's loop. Handbook: {@code docs/wire.md}.
 */
@NullMarked
package org.potluck.network.rpc;

import org.jspecify.annotations.NullMarked;
