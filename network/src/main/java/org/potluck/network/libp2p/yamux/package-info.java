/**
 * yamux: many streams over one authenticated connection (libp2p specs, yamux).
 *
 * <p>Payloads pass through as they arrive, never gathered into whole frames. Everything runs on the
 * connection's event loop. Handbook: {@code docs/network.md}.
 */
@NullMarked
package org.potluck.network.libp2p.yamux;

import org.jspecify.annotations.NullMarked;
