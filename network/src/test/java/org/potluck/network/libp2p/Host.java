package org.potluck.network.libp2p;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/** One peer on a real socket of this machine, with its own loop. */
@SuppressWarnings({"try", "FutureReturnValueIgnored"})
final class Host implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(30);

  final NettyLoop loop;
  final Libp2pNetwork network;

  private Host(NettyLoop loop, Libp2pNetwork network) {
    this.loop = loop;
    this.network = network;
  }

  static Libp2pOptions options() {
    return Libp2pOptions.listeningOn(List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0")));
  }

  static Host start(long seed, Libp2pOptions options) throws Exception {
    NettyLoop loop = NettyLoop.start("host-" + seed);
    try {
      return new Host(
          loop, Libp2pNetwork.start(loop, Identity.generate(new SplittableRandom(seed)), options));
    } catch (Exception e) {
      loop.stop();
      throw e;
    }
  }

  static Host start(long seed) throws Exception {
    return start(seed, options());
  }

  PeerId peer() {
    return network.self();
  }

  /** Runs {@code work} on the loop and waits for its result. */
  <T> T on(Supplier<T> work) throws Exception {
    return CompletableFuture.supplyAsync(work, loop).get(60, TimeUnit.SECONDS);
  }

  /** Runs {@code work} on the loop and waits for the future that it makes. */
  <T> T await(Supplier<CompletableFuture<T>> work) throws Exception {
    return CompletableFuture.supplyAsync(work, loop)
        .thenCompose(future -> future)
        .get(60, TimeUnit.SECONDS);
  }

  /** Learns where {@code other} listens. */
  void know(Host other) throws Exception {
    List<Multiaddr> addresses = other.on(other.network::addresses);
    on(
        () -> {
          network.remember(other.peer(), addresses);
          return true;
        });
  }

  @Override
  public void close() throws Exception {
    await(network::close);
    loop.stop();
  }
}
