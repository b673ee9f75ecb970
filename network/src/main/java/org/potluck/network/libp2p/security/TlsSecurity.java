package org.potluck.network.libp2p.security;

import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.KeyManagerFactoryWrapper;
import io.netty.util.concurrent.Promise;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/**
 * libp2p's TLS 1.3 on BoringSSL (libp2p specs, tls). The muxer is settled by ALPN within the
 * handshake (specs, connections, "inlined muxer negotiation").
 *
 * <p>BoringSSL and not the JDK's TLS: the JDK cannot read js-libp2p's certificates, and is slower.
 */
public final class TlsSecurity implements SecurityProtocol {
  /** ALPN name of a peer that settles the muxer only after the handshake. */
  static final String NO_EARLY_MUXER = "libp2p";

  /** Handed to BoringSSL at a time: four full records for one passage from Java to C. */
  private static final int WRAP_BYTES = 64 << 10;

  static final Duration HANDSHAKE_MAX = Duration.ofSeconds(10);

  private record Contexts(SslContext dialer, SslContext listener) {}

  private final HostCertificate own;
  private final InstantSource clock;
  private final ConcurrentMap<List<String>, Contexts> contexts = new ConcurrentHashMap<>();

  /**
   * @throws IllegalStateException when {@link #available} is false
   */
  public TlsSecurity(Identity identity) {
    this(HostCertificate.of(identity, InstantSource.system().instant()), InstantSource.system());
  }

  TlsSecurity(HostCertificate own, InstantSource clock) {
    if (!available()) {
      throw new IllegalStateException(
          "no BoringSSL for this platform ("
              + System.getProperty("os.name")
              + ", "
              + System.getProperty("os.arch")
              + "); use Noise alone",
          OpenSsl.unavailabilityCause());
    }
    this.own = own;
    this.clock = clock;
  }

  /** Whether this platform has a BoringSSL; where not, {@link NoiseSecurity} remains. */
  public static boolean available() {
    return OpenSsl.isAvailable();
  }

  @Override
  public String protocol() {
    return "/tls/1.0.0";
  }

  @Override
  public void secure(
      Channel channel,
      boolean dialer,
      Optional<PeerId> expected,
      List<String> muxers,
      Promise<SecuredConnection> done) {
    Contexts both = contexts.computeIfAbsent(List.copyOf(muxers), this::contexts);
    SslHandler tls = (dialer ? both.dialer : both.listener).newHandler(channel.alloc());
    tls.setHandshakeTimeoutMillis(HANDSHAKE_MAX.toMillis());
    tls.setWrapDataSize(WRAP_BYTES);
    // The gate first: on an active channel the handshake begins as soon as its handler is added.
    TlsGate gate = new TlsGate(tls, expected, clock, done);
    channel.pipeline().addLast(gate);
    channel.pipeline().addBefore(channel.pipeline().context(gate).name(), null, tls);
  }

  private Contexts contexts(List<String> muxers) {
    List<String> names = new ArrayList<>(muxers);
    names.add(NO_EARLY_MUXER);
    ApplicationProtocolConfig alpn =
        new ApplicationProtocolConfig(
            Protocol.ALPN,
            SelectorFailureBehavior.NO_ADVERTISE,
            SelectedListenerFailureBehavior.ACCEPT,
            names);
    try {
      SslContext dialer =
          prepare(SslContextBuilder.forClient().keyManager(ownKey()), alpn)
              .endpointIdentificationAlgorithm("")
              .build();
      SslContext listener =
          prepare(SslContextBuilder.forServer(ownKey()), alpn)
              .clientAuth(ClientAuth.REQUIRE)
              .build();
      return new Contexts(dialer, listener);
    } catch (SSLException e) {
      throw new IllegalStateException("BoringSSL refuses our own certificate", e);
    }
  }

  /** Encoded for BoringSSL once, not for each handshake. */
  private KeyManagerFactory ownKey() {
    return new OpenSslCachingX509KeyManagerFactory(new KeyManagerFactoryWrapper(new OwnKey(own)));
  }

  private SslContextBuilder prepare(SslContextBuilder builder, ApplicationProtocolConfig alpn) {
    return builder
        .sslProvider(SslProvider.OPENSSL)
        .protocols("TLSv1.3")
        .trustManager(new PeerTrust(clock))
        .applicationProtocolConfig(alpn);
  }
}
