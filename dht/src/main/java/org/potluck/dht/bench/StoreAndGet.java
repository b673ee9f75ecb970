package org.potluck.dht.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one {@link Shape} over nodes and keeps the times. Safe to be called back by any thread. */
final class StoreAndGet {
  private static final Logger LOG = LoggerFactory.getLogger(StoreAndGet.class);

  private final List<BenchNode> living;
  private final Shape shape;
  private final LongSupplier nanos;
  private final Random random;
  private final Map<BenchNode, Integer> busy = new HashMap<>();
  private final List<BenchNode> doomed = new ArrayList<>();
  private final CompletableFuture<Map<String, Double>> done = new CompletableFuture<>();
  private final List<Double> storeSeconds = new ArrayList<>();
  private final List<Double> getSeconds = new ArrayList<>();
  private int roundsBegun;
  private int roundsEnded;
  private long stores;
  private long stored;
  private long gets;
  private long got;

  private StoreAndGet(List<BenchNode> nodes, Shape shape, LongSupplier nanos, long seed) {
    living = new ArrayList<>(nodes);
    this.shape = shape;
    this.nanos = nanos;
    random = new Random(seed);
  }

  /**
   * Completes with the figures {@code store_seconds_mean}, {@code get_seconds_mean}, {@code
   * store_success} and {@code get_success} (shares from 0 to 1), and the slowest of both.
   *
   * @param nanos the clock by which to measure
   */
  static CompletableFuture<Map<String, Double>> run(
      List<BenchNode> nodes, Shape shape, LongSupplier nanos, long seed) {
    StoreAndGet bench = new StoreAndGet(nodes, shape, nanos, seed);
    for (int i = 0; i < shape.workers(); i++) {
      bench.nextRound(shape.rounds());
    }
    return bench.done;
  }

  private synchronized void nextRound(int left) {
    if (left == 0) {
      return;
    }
    roundsBegun++;
    if (roundsBegun == Math.max(2, shape.workers() * shape.rounds() / 2)) {
      doom();
    }
    String key = Long.toHexString(random.nextLong());
    Map<String, String> expected = new LinkedHashMap<>();
    List<CompletableFuture<Boolean>> writing = new ArrayList<>();
    long start = nanos.getAsLong();
    for (BenchNode node : sample(shape.storing())) {
      String value = Long.toHexString(random.nextLong());
      expected.put(node.owner(), value);
      writing.add(released(node, node.store(key, value, shape.lifetime())));
    }
    var _ =
        CompletableFuture.allOf(writing.toArray(CompletableFuture[]::new))
            .whenComplete((_, _) -> written(key, expected, writing, start, left));
  }

  private synchronized void written(
      String key,
      Map<String, String> expected,
      List<CompletableFuture<Boolean>> writing,
      long start,
      int left) {
    storeSeconds.add((nanos.getAsLong() - start) / 1e9);
    stores += writing.size();
    stored += writing.stream().filter(one -> succeeded(one) && one.join()).count();
    List<CompletableFuture<Map<String, String>>> reading = new ArrayList<>();
    long readingStart = nanos.getAsLong();
    for (BenchNode node : sample(shape.getting())) {
      reading.add(released(node, node.get(key)));
    }
    var _ =
        CompletableFuture.allOf(reading.toArray(CompletableFuture[]::new))
            .whenComplete((_, _) -> read(expected, reading, readingStart, left));
  }

  private synchronized void read(
      Map<String, String> expected,
      List<CompletableFuture<Map<String, String>>> reading,
      long start,
      int left) {
    getSeconds.add((nanos.getAsLong() - start) / 1e9);
    gets += reading.size();
    got += reading.stream().filter(one -> succeeded(one) && one.join().equals(expected)).count();
    roundsEnded++;
    if (roundsEnded == shape.workers() * shape.rounds()) {
      done.complete(figures());
    } else {
      nextRound(left - 1);
    }
  }

  private Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("store_seconds_mean", mean(storeSeconds));
    figures.put("get_seconds_mean", mean(getSeconds));
    figures.put("store_success", (double) stored / stores);
    figures.put("get_success", (double) got / gets);
    figures.put("store_seconds_max", Collections.max(storeSeconds));
    figures.put("get_seconds_max", Collections.max(getSeconds));
    figures.put("stores", (double) stores);
    figures.put("gets", (double) gets);
    return figures;
  }

  private List<BenchNode> sample(int count) {
    List<BenchNode> shuffled = new ArrayList<>(living);
    Collections.shuffle(shuffled, random);
    List<BenchNode> chosen = shuffled.subList(0, Math.min(count, shuffled.size()));
    chosen.forEach(node -> busy.merge(node, 1, Integer::sum));
    return chosen;
  }

  /** Nodes that get no work any more and are killed as soon as they have none. */
  private void doom() {
    Collections.shuffle(living, random);
    int count = (int) (living.size() * shape.killed());
    doomed.addAll(living.subList(0, count));
    living.subList(0, count).clear();
    killIdle();
  }

  private void killIdle() {
    for (BenchNode node : List.copyOf(doomed)) {
      if (busy.getOrDefault(node, 0) == 0) {
        doomed.remove(node);
        node.kill();
      }
    }
  }

  private <T> CompletableFuture<T> released(BenchNode node, CompletableFuture<T> work) {
    return work.whenComplete(
        (_, failure) -> {
          if (failure != null) {
            LOG.warn("node {} failed", node.owner(), failure);
          }
          release(node);
        });
  }

  private synchronized void release(BenchNode node) {
    busy.merge(node, -1, Integer::sum);
    killIdle();
  }

  private static boolean succeeded(CompletableFuture<?> future) {
    return future.isDone() && !future.isCompletedExceptionally();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
