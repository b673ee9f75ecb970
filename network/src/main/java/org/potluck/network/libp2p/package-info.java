/**
 * The port on real networks: libp2p's wire formats on Netty.
 *
 * <p>A raw TCP channel is upgraded step by step: multistream-select agrees on the security, the
 * security proves who the remote is, yamux cuts the channel into streams, and multistream-select
 * agrees on each stream's protocol. All of it runs on one Netty event loop, which is also the
 * peer's {@link org.potluck.network.EventLoop}. Netty is not seen outside of here. Handbook: {@code
 * docs/network.md}.
 */
@NullMarked
package org.potluck.network.libp2p;

import org.jspecify.annotations.NullMarked;
