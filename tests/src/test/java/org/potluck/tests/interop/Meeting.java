package org.potluck.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;
import org.potluck.network.libp2p.Libp2pNetwork;
import org.potluck.network.libp2p.Libp2pOptions;
import org.potluck.network.libp2p.NettyLoop;

/** A peer of ours and one of js-libp2p, connected; ours answers the streams of {@code peer.mjs}. */
@SuppressWarnings("FutureReturnValueIgnored") // Every future is awaited.
final class Meeting implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(30);
  static final Identity OURS = Identity.generate(new SplittableRandom(1));

  final JsPeer js;
  final Libp2pNetwork network;

  /** Streams of {@code /test/serve} that js opened. */
  final BlockingQueue<Transfer> served = new LinkedBlockingQueue<>();

  /** How streams of {@code /test/reset} ended, which js opened. */
  final BlockingQueue<StreamEnd> ends = new LinkedBlockingQueue<>();

  private final NettyLoop loop;
  private PeerId remote = OURS.peerId();

  private Meeting(JsPeer js, NettyLoop loop, Libp2pNetwork network) {
    this.js = js;
    this.loop = loop;
    this.network = network;
  }

  /**
   * @param security {@code tls} or {@code noise}
   * @param dialer {@code we} or {@code js}
   */
  static Meeting of(String security, String dialer) throws Exception {
    NettyLoop loop = NettyLoop.start("meeting");
    Libp2pNetwork network = start(loop, security);
    JsPeer js;
    if (dialer.equals("we")) {
      js = JsPeer.start("listen", security);
    } else {
      js = JsPeer.start("dial", security, address(loop, network).toString());
    }
    Meeting meeting = new Meeting(js, loop, network);
    meeting.answer();
    if (dialer.equals("we")) {
      Multiaddr address = Multiaddr.parse(js.next("listening"));
      meeting.remote = meeting.await(() -> network.connect(address, LONG));
    } else {
      meeting.remote = PeerId.parse(js.next("self"));
    }
    assertThat(js.next("connected")).isEqualTo(OURS.peerId().toString());
    var _ = meeting.await(meeting::connected);
    return meeting;
  }

  /** The two sides of a handshake are done at different moments; completes when ours is, too. */
  private CompletableFuture<PeerId> connected() {
    CompletableFuture<PeerId> connected = new CompletableFuture<>();
    if (network.connectedPeers().contains(remote)) {
      connected.complete(remote);
    }
    network.listen(
        new Network.ConnectionListener() {
          @Override
          public void connected(PeerId peer) {
            connected.complete(peer);
          }
        });
    return connected;
  }

  static Libp2pNetwork start(NettyLoop loop, String security) throws Exception {
    Libp2pOptions options =
        Libp2pOptions.listeningOn(List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0")))
            .withSecurities(
                List.of(security.equals("tls") ? Libp2pOptions.TLS : Libp2pOptions.NOISE));
    return Libp2pNetwork.start(loop, OURS, options);
  }

  static Multiaddr address(NettyLoop loop, Libp2pNetwork network) throws Exception {
    return CompletableFuture.supplyAsync(network::addresses, loop)
        .get(60, TimeUnit.SECONDS)
        .getFirst();
  }

  PeerId remote() {
    return remote;
  }

  Transfer open(String protocol, Transfer transfer) throws Exception {
    return await(() -> network.open(remote, protocol, LONG).thenApply(transfer::start));
  }

  Stream open(String protocol, StreamHandler handler) throws Exception {
    return await(
        () ->
            network
                .open(remote, protocol, LONG)
                .thenApply(
                    stream -> {
                      stream.handler(handler);
                      return stream;
                    }));
  }

  /** Runs {@code work} on the loop and waits for the future that it makes. */
  <T> T await(Supplier<CompletableFuture<T>> work) throws Exception {
    return CompletableFuture.supplyAsync(work, loop)
        .thenCompose(future -> future)
        .get(60, TimeUnit.SECONDS);
  }

  <T> T on(Supplier<T> work) throws Exception {
    return await(() -> CompletableFuture.completedFuture(work.get()));
  }

  @Override
  public void close() {
    js.close();
    CompletableFuture.supplyAsync(network::close, loop)
        .thenCompose(closing -> closing)
        .orTimeout(60, TimeUnit.SECONDS)
        .join();
    loop.stop();
  }

  private void answer() throws Exception {
    on(
        () -> {
          network.handle("/test/echo", stream -> stream.handler(new Echo()));
          network.handle("/test/upload", Transfer.answeringWithDigest()::start);
          network.handle(
              "/test/serve", stream -> served.add(Transfer.sending(3, 1 << 20).start(stream)));
          network.handle("/test/reset", stream -> stream.handler(new Resetting()));
          return true;
        });
  }

  private final class Resetting implements StreamHandler {
    @Override
    public void received(Stream stream, ByteBuffer data) {
      data.position(data.limit());
      stream.reset();
    }

    @Override
    public void closed(Stream stream, StreamEnd end) {
      ends.add(end);
    }
  }
}
