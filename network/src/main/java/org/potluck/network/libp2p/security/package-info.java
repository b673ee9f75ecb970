/**
 * Who is at the other end of a socket, proven, and nobody else can read along.
 *
 * <p>A {@link SecurityProtocol} turns a raw channel into an authenticated, encrypted one. Two stand
 * here, both of libp2p: TLS 1.3 by BoringSSL, which is the fast one, and Noise XX on the JDK's
 * primitives for where no BoringSSL is to be had. Both prove the same thing: the owner of the
 * identity key has signed the key that the handshake used.
 *
 * <p>Everything runs on the channel's own event loop. Only {@code org.potluck.network.libp2p}
 * depends on this package.
 */
@NullMarked
package org.potluck.network.libp2p.security;

import org.jspecify.annotations.NullMarked;
