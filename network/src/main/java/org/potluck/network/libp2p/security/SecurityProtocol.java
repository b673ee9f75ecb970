package org.potluck.network.libp2p.security;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Promise;
import java.util.List;
import java.util.Optional;
import org.potluck.network.PeerId;

/** Turns a raw channel into an authenticated, encrypted one. */
public interface SecurityProtocol {
  /** Its name in multistream-select, for instance {@code /noise}. */
  String protocol();

  /**
   * Adds handlers to the end of the pipeline as it is now, and completes {@code done} on the
   * channel's loop once the remote has proven who it is. From then on plaintext flows through the
   * pipeline beyond these handlers.
   *
   * <p>No byte is lost that arrives together with the end of the handshake: what follows is handed
   * on only after the listeners of {@code done} ran, so that handlers added by them see the first
   * plaintext. On failure, {@code done} fails with a {@link org.potluck.network.NetworkException}
   * and the channel is closed.
   *
   * @param dialer whether this side opened the connection
   * @param expected the peer that was dialed; any peer is welcome when empty
   * @param muxers the stream multiplexers spoken here, the preferred one first
   */
  void secure(
      Channel channel,
      boolean dialer,
      Optional<PeerId> expected,
      List<String> muxers,
      Promise<SecuredConnection> done);
}
