package org.potluck.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;
import org.potluck.network.libp2p.security.NoiseSecurity;
import org.potluck.network.libp2p.security.SecuredConnection;
import org.potluck.network.libp2p.security.SecurityProtocol;
import org.potluck.network.libp2p.security.TlsSecurity;

/** The handshakes of TLS and Noise with js-libp2p, up to the first byte of yamux. */
@SuppressWarnings("FutureReturnValueIgnored") // What is not awaited shows in what is.
class JsHandshakeTest {
  private static final Identity OURS = Identity.generate(new Random(1));
  private static final PeerId STRANGER = Identity.generate(new Random(2)).peerId();

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Promise<SecuredConnection> done = loop.next().newPromise();
  private final CompletableFuture<Integer> yamuxVersion = new CompletableFuture<>();

  @AfterEach
  void stop() throws InterruptedException {
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls", "noise"})
  void weDialJs(String security) throws Exception {
    try (JsPeer js = JsPeer.start("listen", security)) {
      Multiaddr address = Multiaddr.parse(js.next("listening"));
      dial(security, address, address.peer());
      assertThat(js.next("connected")).isEqualTo(OURS.peerId().toString());
      check(address.peer().orElseThrow());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls", "noise"})
  void jsDialsUs(String security) throws Exception {
    Multiaddr address = listen(security);
    try (JsPeer js = JsPeer.start("dial", security, address.withPeer(OURS.peerId()).toString())) {
      PeerId self = PeerId.parse(js.next("self"));
      assertThat(js.next("connected")).isEqualTo(OURS.peerId().toString());
      check(self);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls", "noise"})
  void weRefuseAnotherPeerThanTheOneDialed(String security) throws Exception {
    try (JsPeer js = JsPeer.start("listen", security)) {
      Multiaddr address = Multiaddr.parse(js.next("listening"));
      dial(security, address, Optional.of(STRANGER));
      assertThatThrownBy(() -> done.get(30, TimeUnit.SECONDS))
          .hasCauseInstanceOf(NetworkException.class)
          .hasMessageContaining("expected peer " + STRANGER)
          .hasMessageContaining(address.peer().orElseThrow() + " answered");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls", "noise"})
  void jsRefusesUsAsAnotherPeer(String security) throws Exception {
    Multiaddr address = listen(security);
    try (JsPeer js = JsPeer.start("dial", security, address.withPeer(STRANGER).toString())) {
      assertThat(js.next("failed")).isNotEmpty();
    }
  }

  private void check(PeerId remote) throws Exception {
    assertThat(done.get(30, TimeUnit.SECONDS))
        .isEqualTo(new SecuredConnection(remote, Optional.of("/yamux/1.0.0")));
    assertThat(yamuxVersion.get(30, TimeUnit.SECONDS)).isZero();
  }

  private void dial(String security, Multiaddr address, Optional<PeerId> expected)
      throws Exception {
    new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .handler(upgrade(security, true, expected))
        .connect(address.tcpSocket().orElseThrow())
        .sync();
  }

  private Multiaddr listen(String security) throws Exception {
    Channel server =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(upgrade(security, false, Optional.empty()))
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    return Multiaddr.ofTcp((InetSocketAddress) server.localAddress());
  }

  private ChannelInitializer<Channel> upgrade(
      String name, boolean dialer, Optional<PeerId> expected) {
    SecurityProtocol security =
        name.equals("tls") ? new TlsSecurity(OURS) : new NoiseSecurity(OURS);
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        done.addListener(_ -> channel.pipeline().addLast(new FirstByte()));
        channel
            .pipeline()
            .addLast(
                new Negotiation(
                    security.protocol(),
                    dialer,
                    () ->
                        security.secure(channel, dialer, expected, List.of("/yamux/1.0.0"), done)));
      }
    };
  }

  private final class FirstByte extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      yamuxVersion.complete((int) bytes.getByte(bytes.readerIndex()));
      bytes.release();
    }
  }
}
