package org.potluck.averaging;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.potluck.dht.Dht;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;

/** A DHT that all peers of a simulation share: one map, 50 ms away. */
public final class SharedDht {
  private static final Duration DELAY = Duration.ofMillis(50);

  private final Map<String, Map<PeerId, Dht.Entry>> keys = new TreeMap<>();
  private final Map<String, Predicate<byte[]>> shapes = new TreeMap<>();

  /** The DHT as the peer of {@code network} sees it. */
  public Dht of(Network network) {
    return new Dht() {
      @Override
      public CompletableFuture<Integer> bootstrap(List<Multiaddr> known) {
        return CompletableFuture.completedFuture(known.size());
      }

      @Override
      public CompletableFuture<Integer> publish(String key, byte[] value, Instant expiration) {
        CompletableFuture<Integer> stored = new CompletableFuture<>();
        network
            .loop()
            .schedule(
                DELAY,
                () -> {
                  boolean good = shapes.getOrDefault(key, any -> true).test(value);
                  if (good) {
                    keys.computeIfAbsent(key, k -> new TreeMap<>())
                        .put(network.self(), new Entry(network.self(), value, expiration));
                  }
                  stored.complete(good ? 1 : 0);
                });
        return stored;
      }

      @Override
      public void require(String key, Predicate<byte[]> shape) {
        shapes.put(key, shape);
      }

      @Override
      public CompletableFuture<List<Entry>> entries(String key) {
        CompletableFuture<List<Entry>> read = new CompletableFuture<>();
        network
            .loop()
            .schedule(
                DELAY,
                () -> {
                  Instant now = network.loop().now();
                  read.complete(
                      keys.getOrDefault(key, Map.of()).values().stream()
                          .filter(entry -> entry.expiration().isAfter(now))
                          .toList());
                });
        return read;
      }
    };
  }
}
