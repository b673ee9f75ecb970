package org.potluck.network.libp2p.security;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Promise;
import java.util.List;
import java.util.Optional;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/**
 * libp2p's Noise XX with X25519, ChaCha20-Poly1305 and SHA-256 on the JDK's primitives (libp2p
 * specs, noise). It is there on every platform.
 */
public final class NoiseSecurity implements SecurityProtocol {
  private final Identity identity;
  private final NoiseKeyPair ownStatic = NoiseKeyPair.generate();

  public NoiseSecurity(Identity identity) {
    this.identity = identity;
  }

  @Override
  public String protocol() {
    return "/noise";
  }

  @Override
  public void secure(
      Channel channel,
      boolean dialer,
      Optional<PeerId> expected,
      List<String> muxers,
      Promise<SecuredConnection> done) {
    NoiseHandshake handshake = new NoiseHandshake(dialer, ownStatic, NoiseKeyPair.generate());
    byte[] payload = NoiseIdentity.payload(identity, ownStatic.publicKey(), muxers);
    channel
        .pipeline()
        .addLast(new NoiseHandshaker(handshake, dialer, expected, muxers, payload, done));
  }
}
