package org.potluck.peer.run;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.Dht;
import org.potluck.dht.DhtOptions;
import org.potluck.dht.KademliaDht;
import org.potluck.dht.SavedPeers;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.NetworkException;
import org.potluck.network.libp2p.Libp2pNetwork;
import org.potluck.network.libp2p.Libp2pOptions;
import org.potluck.network.libp2p.ListenException;
import org.potluck.network.libp2p.NettyLoop;
import org.potluck.network.rpc.Rpc;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.manifest.Invitation;
import org.potluck.peer.manifest.SignedManifest;

/** A peer's network and notebook on their loop, and the bridge to it from blocking threads. */
public final class Node implements AutoCloseable {
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  private final NettyLoop loop;
  private final Libp2pNetwork network;
  private final Rpc rpc;
  private final KademliaDht dht;
  private final SavedPeers saved;

  private Node(NettyLoop loop, Libp2pNetwork network, Rpc rpc, KademliaDht dht, SavedPeers saved) {
    this.loop = loop;
    this.network = network;
    this.rpc = rpc;
    this.dht = dht;
    this.saved = saved;
  }

  /** Starts to listen, without a memory of other peers. */
  public static Node start(Identity identity, List<Multiaddr> listen)
      throws UserException, InterruptedException {
    return start(identity, listen, SavedPeers.NONE);
  }

  /**
   * Starts to listen.
   *
   * @param saved where other peers' addresses are kept, to come back through them
   */
  public static Node start(Identity identity, List<Multiaddr> listen, SavedPeers saved)
      throws UserException, InterruptedException {
    NettyLoop loop = NettyLoop.start("potluck-" + identity.peerId().shortName());
    try {
      Libp2pNetwork network =
          Libp2pNetwork.start(loop, identity, Libp2pOptions.listeningOn(listen));
      SecureRandom random = new SecureRandom();
      CompletableFuture<Node> node = new CompletableFuture<>();
      loop.execute(
          () -> {
            Rpc rpc = new Rpc(network, random);
            KademliaDht dht = KademliaDht.create(network, rpc, random, DhtOptions.DEFAULTS, saved);
            node.complete(new Node(loop, network, rpc, dht, saved));
          });
      return node.join();
    } catch (ListenException e) {
      loop.stop();
      throw new UserException(ExitCode.MACHINE, stripped(e.getMessage()) + "; see --port");
    }
  }

  private static String stripped(@Nullable String sentence) {
    String text = String.valueOf(sentence);
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }

  public Network network() {
    return network;
  }

  Rpc rpc() {
    return rpc;
  }

  public Dht dht() {
    return dht;
  }

  /** Addresses for an invitation. */
  public List<Multiaddr> addresses() {
    return onLoop(() -> CompletableFuture.completedFuture(network.addresses()));
  }

  /** The TCP port this peer listens on; 0 when it does not. */
  public int port() {
    return addresses().stream()
        .flatMap(address -> address.tcpSocket().stream())
        .mapToInt(InetSocketAddress::getPort)
        .findFirst()
        .orElse(0);
  }

  /**
   * Gets the run's manifest from the peers that invite, or from those met earlier.
   *
   * @param says is told what is waited for, and until when, if it takes long
   */
  public SignedManifest fetchManifest(Invitation invitation, Consumer<String> says)
      throws UserException {
    return ManifestShelf.fetch(this, invitation, saved.load(), says);
  }

  /** Finds the run's other peers through any of {@code known}. */
  public void bootstrap(List<Multiaddr> known) throws UserException {
    try {
      int _ = await(() -> dht.bootstrap(known), Duration.ofSeconds(20));
    } catch (NetworkException e) {
      throw new UserException(ExitCode.UNREACHABLE, "cannot reach the run: " + e.getMessage());
    }
  }

  /** Runs {@code start} on the loop and waits for its future. */
  public <T> T await(Supplier<CompletableFuture<T>> start, Duration limit) throws NetworkException {
    CompletableFuture<T> done = new CompletableFuture<>();
    loop.execute(
        () -> {
          CompletableFuture<T> _ =
              start
                  .get()
                  .whenComplete(
                      (value, failure) -> {
                        if (failure == null) {
                          done.complete(value);
                        } else {
                          done.completeExceptionally(failure);
                        }
                      });
        });
    try {
      return done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new NetworkException(
          NetworkException.Reason.TIMED_OUT, "no answer within " + limit.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NetworkException(NetworkException.Reason.CLOSED, "interrupted", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      while (cause != null && !(cause instanceof NetworkException) && cause.getCause() != null) {
        cause = cause.getCause();
      }
      if (cause instanceof NetworkException expected) {
        throw expected;
      }
      throw new IllegalStateException("a task of the event loop failed", e);
    }
  }

  /** For what cannot fail and answers at once. */
  public <T> T onLoop(Supplier<CompletableFuture<T>> start) {
    try {
      return await(start, Duration.ofSeconds(10));
    } catch (NetworkException e) {
      throw new IllegalStateException("the event loop does not answer", e);
    }
  }

  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public void close() {
    try {
      Void _ =
          await(
              () -> {
                dht.close();
                return network.close();
              },
              CLOSE_LIMIT);
    } catch (NetworkException e) {
      // The process is going: what is still open closes with it.
    }
    loop.stop();
    saved.flush();
  }
}
