/**
 * Who can I talk to, and how.
 *
 * <p>This package is the port: what the protocol logic of {@code dht} and {@code averaging} sees of
 * a network. Two implementations stand behind it: {@code org.potluck.network.libp2p} speaks
 * libp2p's wire formats on Netty, and {@code org.potluck.network.simulation} moves the same bytes
 * in virtual time. Everybody may depend on this package; it depends on nobody.
 *
 * <p>All callbacks run on the peer's one {@link org.potluck.network.EventLoop}. Handbook: {@code
 * docs/network.md}.
 */
@NullMarked
package org.potluck.network;

import org.jspecify.annotations.NullMarked;
