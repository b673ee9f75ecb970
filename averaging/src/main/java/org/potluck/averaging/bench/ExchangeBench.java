package org.potluck.averaging.bench;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.Storage;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.exchange.Member;
import org.potluck.averaging.exchange.Rounds;
import org.potluck.averaging.trust.Trust;
import org.potluck.network.Identity;
import org.potluck.network.Multiaddr;
import org.potluck.network.libp2p.Libp2pNetwork;
import org.potluck.network.libp2p.Libp2pOptions;
import org.potluck.network.libp2p.NettyLoop;

/**
 * The exchange of a round among peers of one process, over encrypted links on the loopback
 * interface; no matchmaking. For profiling, and for vectors larger than memory.
 *
 * <p>Beside the time of a round it gives the processor time of all peers together, which is what
 * can be compared on a machine that does other work as well.
 */
public final class ExchangeBench {
  private static final Duration LIMIT = Duration.ofMinutes(30);

  /**
   * One round.
   *
   * @param seconds until the last peer had the average
   * @param processorSeconds of the whole process meanwhile
   */
  public record Case(double seconds, double processorSeconds) {}

  private record Peer(
      NettyLoop loop,
      ExecutorService worker,
      Libp2pNetwork network,
      Rounds rounds,
      MemorySegment contribution) {}

  private ExchangeBench() {}

  /**
   * @param values of the vector, float32
   * @param options chunk size and memory
   * @param storage of one peer's round
   * @param vector makes one peer's contribution
   * @param progress hears of each round as it ends
   */
  public static List<Case> run(
      int peers,
      long values,
      CodecId codec,
      AveragingOptions options,
      Supplier<Storage> storage,
      Supplier<MemorySegment> vector,
      int rounds,
      Consumer<Case> progress)
      throws IOException, InterruptedException {
    List<Peer> all = new ArrayList<>();
    try {
      for (int i = 0; i < peers; i++) {
        all.add(start(i, options, storage, vector.get()));
      }
      List<Case> cases = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        Case one = round(all, group(all, values, codec, options, round));
        progress.accept(one);
        cases.add(one);
      }
      return cases;
    } finally {
      for (Peer peer : all) {
        get(on(peer, peer.network::close));
        peer.loop.stop();
        peer.worker.shutdown();
      }
    }
  }

  /**
   * Prints the rounds as lines of {@code seconds processor_seconds mebibytes}, the last being the
   * most memory so far beside mapped files, of all peers together.
   *
   * @param arguments peers, values, codec, rounds, bytes of a chunk, bytes that contributions may
   *     wait in at all peers together, and optionally a folder on whose file system vectors and
   *     averages lie instead of in memory
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    AnonymousMemory memory = AnonymousMemory.watch();
    int peers = Integer.parseInt(arguments[0]);
    long values = Long.parseLong(arguments[1]);
    AveragingOptions options =
        AveragingOptions.defaults()
            .withChunkBytesMax(Integer.parseInt(arguments[4]))
            .withBufferBytesMax(Long.parseLong(arguments[5]) / peers)
            .withSilenceLimit(Duration.ofMinutes(1));
    Supplier<Storage> storage =
        arguments.length > 6 ? () -> Storage.mapped(Path.of(arguments[6])) : Storage::memory;
    List<Case> _ =
        run(
            peers,
            values,
            CodecId.valueOf(arguments[2]),
            options,
            storage,
            () -> filled(storage.get().values(values * Float.BYTES)),
            Integer.parseInt(arguments[3]),
            one ->
                System.out.printf(
                    "%.3f %.3f %.0f%n",
                    one.seconds(),
                    one.processorSeconds(),
                    memory.peakBytes().orElse(0) / (double) (1 << 20)));
  }

  private static MemorySegment filled(MemorySegment vector) {
    SecureRandom random = new SecureRandom();
    float[] some = new float[4096];
    for (int i = 0; i < some.length; i++) {
      some[i] = (float) random.nextGaussian();
    }
    for (long at = 0; at < vector.byteSize(); at += 4L * some.length) {
      int count = (int) Math.min(some.length, (vector.byteSize() - at) / Float.BYTES);
      MemorySegment.copy(some, 0, vector, ValueLayout.JAVA_FLOAT, at, count);
    }
    return vector;
  }

  private static Peer start(
      int index, AveragingOptions options, Supplier<Storage> storage, MemorySegment contribution)
      throws IOException, InterruptedException {
    NettyLoop loop = NettyLoop.start("bench-" + index);
    ExecutorService worker =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("worker-" + index).factory());
    Libp2pNetwork network =
        Libp2pNetwork.start(
            loop,
            Identity.generate(new SecureRandom()),
            Libp2pOptions.listeningOn(List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0"))));
    Rounds rounds =
        get(
            CompletableFuture.supplyAsync(
                () -> new Rounds(network, options, storage, worker, new Trust(new SecureRandom())),
                loop));
    return new Peer(loop, worker, network, rounds, contribution);
  }

  private static Group group(
      List<Peer> all, long values, CodecId codec, AveragingOptions options, int epoch)
      throws IOException, InterruptedException {
    List<Member> members = new ArrayList<>();
    long blocks = Math.ceilDiv(values, (long) Codec.BLOCK_VALUES);
    for (int i = 0; i < all.size(); i++) {
      Peer peer = all.get(i);
      long from = Math.min(values, blocks * i / all.size() * Codec.BLOCK_VALUES);
      long to = Math.min(values, blocks * (i + 1) / all.size() * Codec.BLOCK_VALUES);
      List<Multiaddr> addresses =
          get(CompletableFuture.supplyAsync(peer.network::addresses, peer.loop));
      members.add(new Member(peer.network.self(), 1, true, to - from, addresses));
    }
    byte[] name = new byte[Group.ROUND_BYTES];
    new SecureRandom().nextBytes(name);
    int chunkValues = Rounds.chunkValues(options, codec, codec);
    return new Group(
        HexFormat.of().formatHex(name), "bench", epoch, values, chunkValues, members, codec, codec);
  }

  private static Case round(List<Peer> all, Group group) throws IOException, InterruptedException {
    long start = System.nanoTime();
    long processor = processorNanos();
    List<CompletableFuture<RoundOutcome>> outcomes = new ArrayList<>();
    for (Peer peer : all) {
      Contribution contribution = new Contribution(peer.contribution, 1);
      outcomes.add(
          on(
              peer,
              () ->
                  peer.rounds.begin(
                      group, contribution, Duration.ZERO, Instant.now().plus(LIMIT))));
    }
    for (CompletableFuture<RoundOutcome> outcome : outcomes) {
      if (!(get(outcome) instanceof RoundOutcome.Averaged)) {
        throw new IOException("a round of the benchmark failed: " + outcome.join());
      }
    }
    return new Case((System.nanoTime() - start) / 1e9, (processorNanos() - processor) / 1e9);
  }

  private static long processorNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static <T> CompletableFuture<T> on(Peer peer, Supplier<CompletableFuture<T>> work) {
    return CompletableFuture.completedFuture(work).thenComposeAsync(Supplier::get, peer.loop);
  }

  private static <T> T get(CompletableFuture<T> future) throws IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IOException("the benchmark of the exchange failed", e);
    }
  }
}
