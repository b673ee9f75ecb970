package org.potluck.network.libp2p;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/**
 * How fast one stream is on this machine, beside plain TCP in the same run.
 *
 * <p>Both ends share the machine, so each measures two ends' work. The best round counts: the
 * others were slowed by the compiler warming up or by other programs.
 */
public final class NetworkBench {
  private static final int CHUNK = 512 * 1024;
  private static final String PROTOCOL = "/potluck/bench/1.0.0";
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /**
   * One measurement.
   *
   * @param name {@code tcp-tls-yamux} or {@code tcp-noise-yamux}
   * @param megabytesPerSecond 10^6 bytes a second, of payload
   * @param ratioToRawTcp beside blocking sockets with the same chunks
   */
  public record Case(String name, double megabytesPerSecond, double ratioToRawTcp) {}

  private NetworkBench() {}

  /**
   * Runs all cases on the loopback interface.
   *
   * @param bytes payload of one round, for instance 256 MiB
   * @param rounds of which the best counts
   */
  public static List<Case> run(long bytes, int rounds) throws IOException, InterruptedException {
    double raw = 0;
    for (int i = 0; i < rounds; i++) {
      raw = Math.max(raw, rawTcp(bytes));
    }
    List<Case> cases = new ArrayList<>();
    for (String security : List.of(Libp2pOptions.TLS, Libp2pOptions.NOISE)) {
      double best = libp2p(security, bytes, rounds);
      String name = security.equals(Libp2pOptions.TLS) ? "tcp-tls-yamux" : "tcp-noise-yamux";
      cases.add(new Case(name, best, best / raw));
    }
    return List.copyOf(cases);
  }

  /** Prints the cases as lines of {@code name megabytes_per_second ratio_to_raw_tcp}. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    for (Case one : run(256L << 20, 5)) {
      System.out.printf(
          "%s %.0f %.2f%n", one.name(), one.megabytesPerSecond(), one.ratioToRawTcp());
    }
  }

  private static double rawTcp(long bytes) throws IOException, InterruptedException {
    try (ServerSocketChannel server =
        ServerSocketChannel.open()
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      Thread sender =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (SocketChannel socket = SocketChannel.open(server.getLocalAddress())) {
                      ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
                      for (long sent = 0; sent < bytes; ) {
                        chunk.clear().limit((int) Math.min(CHUNK, bytes - sent));
                        while (chunk.hasRemaining()) {
                          sent += socket.write(chunk);
                        }
                      }
                    } catch (IOException e) {
                      throw new IllegalStateException("the sender of the benchmark failed", e);
                    }
                  });
      try (SocketChannel socket = server.accept()) {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
        long start = System.nanoTime();
        while (socket.read(chunk.clear()) >= 0) {
          // Only the time counts.
        }
        double rate = megabytesPerSecond(bytes, start);
        sender.join();
        return rate;
      }
    }
  }

  private static double libp2p(String security, long bytes, int rounds)
      throws IOException, InterruptedException {
    Libp2pOptions options =
        Libp2pOptions.listeningOn(List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0")))
            .withSecurities(List.of(security));
    NettyLoop listening = NettyLoop.start("bench-listener");
    NettyLoop dialing = NettyLoop.start("bench-dialer");
    try {
      SecureRandom random = new SecureRandom();
      Libp2pNetwork to = Libp2pNetwork.start(listening, Identity.generate(random), options);
      Libp2pNetwork from = Libp2pNetwork.start(dialing, Identity.generate(random), options);
      get(CompletableFuture.runAsync(() -> to.handle(PROTOCOL, NetworkBench::drain), listening));
      List<Multiaddr> addresses = get(CompletableFuture.supplyAsync(to::addresses, listening));
      get(CompletableFuture.runAsync(() -> from.remember(to.self(), addresses), dialing));
      double best = 0;
      for (int i = 0; i < rounds; i++) {
        long start = System.nanoTime();
        get(on(dialing, () -> transfer(from, to.self(), bytes)));
        best = Math.max(best, megabytesPerSecond(bytes, start));
      }
      get(on(dialing, from::close));
      get(on(listening, to::close));
      return best;
    } finally {
      listening.stop();
      dialing.stop();
    }
  }

  private static CompletableFuture<StreamEnd> transfer(Libp2pNetwork from, PeerId to, long bytes) {
    return from.open(to, PROTOCOL, LIMIT).thenCompose(stream -> new Source(bytes).start(stream));
  }

  private static <T> CompletableFuture<T> on(NettyLoop loop, Supplier<CompletableFuture<T>> work) {
    return CompletableFuture.completedFuture(work).thenComposeAsync(Supplier::get, loop);
  }

  private static <T> T get(CompletableFuture<T> future) throws IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IOException("the benchmark of the network failed", e);
    }
  }

  private static double megabytesPerSecond(long bytes, long startNanos) {
    return bytes * 1e3 / (System.nanoTime() - startNanos);
  }

  private static void drain(Stream stream) {
    stream.handler(
        new StreamHandler() {
          @Override
          public void received(Stream from, ByteBuffer data) {
            data.position(data.limit());
          }

          @Override
          public void endOfInput(Stream from) {
            from.closeWrite();
          }
        });
  }

  /** Sends as fast as the stream takes it, and is done when the other side has taken all. */
  private static final class Source implements StreamHandler {
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK).asReadOnlyBuffer();
    private final CompletableFuture<StreamEnd> done = new CompletableFuture<>();
    private long left;

    Source(long bytes) {
      left = bytes;
    }

    CompletableFuture<StreamEnd> start(Stream stream) {
      stream.handler(this);
      writable(stream);
      return done;
    }

    @Override
    public void writable(Stream stream) {
      while (left > 0 && stream.writable()) {
        int size = (int) Math.min(CHUNK, left);
        left -= size;
        stream.write(chunk.slice(0, size));
        if (left == 0) {
          stream.closeWrite();
        }
      }
    }

    @Override
    public void received(Stream stream, ByteBuffer data) {
      data.position(data.limit());
    }

    @Override
    public void closed(Stream stream, StreamEnd end) {
      done.complete(end);
    }
  }
}
