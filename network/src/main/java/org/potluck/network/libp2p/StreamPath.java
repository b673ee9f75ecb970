package org.potluck.network.libp2p;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;
import org.potluck.network.StreamHandler;

/** Two peers with a loop each; one stream per round, from opening to its end. */
final class StreamPath implements BenchPath {
  private static final String PROTOCOL = "/potluck/bench/1.0.0";
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final NettyLoop listening = NettyLoop.start("bench-listener");
  private final NettyLoop dialing = NettyLoop.start("bench-dialer");
  private final Libp2pNetwork to;
  private final Libp2pNetwork from;

  private StreamPath(Libp2pOptions options) throws IOException, InterruptedException {
    SecureRandom random = new SecureRandom();
    to = Libp2pNetwork.start(listening, Identity.generate(random), options);
    from = Libp2pNetwork.start(dialing, Identity.generate(random), options);
  }

  static StreamPath open(String security) throws IOException, InterruptedException {
    StreamPath path =
        new StreamPath(
            Libp2pOptions.listeningOn(List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0")))
                .withSecurities(List.of(security)));
    List<Multiaddr> addresses =
        get(
            CompletableFuture.supplyAsync(
                () -> {
                  path.to.handle(PROTOCOL, StreamPath::drain);
                  return path.to.addresses();
                },
                path.listening));
    get(
        CompletableFuture.runAsync(
            () -> path.from.remember(path.to.self(), addresses), path.dialing));
    return path;
  }

  @Override
  public void move(long bytes) throws IOException, InterruptedException {
    StreamEnd end =
        get(
            on(
                dialing,
                () ->
                    from.open(to.self(), PROTOCOL, LIMIT)
                        .thenCompose(stream -> new Source(bytes).start(stream))));
    if (!end.finished()) {
      throw new IOException("the benchmark's stream ended early: " + end);
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    get(on(dialing, from::close));
    get(on(listening, to::close));
    listening.stop();
    dialing.stop();
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
    private final ByteBuffer chunk = ByteBuffer.allocate(NetworkBench.CHUNK);
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
        int size = (int) Math.min(NetworkBench.CHUNK, left);
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
