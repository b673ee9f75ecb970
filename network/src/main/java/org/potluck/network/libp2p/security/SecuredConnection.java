package org.potluck.network.libp2p.security;

import java.util.Optional;
import org.potluck.network.PeerId;

/**
 * What a handshake has shown.
 *
 * @param remote who is at the other end
 * @param muxer the stream multiplexer, when the handshake settled that too
 */
public record SecuredConnection(PeerId remote, Optional<String> muxer) {}
