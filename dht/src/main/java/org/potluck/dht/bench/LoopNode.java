package org.potluck.dht.bench;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.potluck.dht.Dht;
import org.potluck.network.Network;

/** A node of this process, called on its own loop. */
record LoopNode(Network network, Dht dht, Runnable death) implements BenchNode {
  @Override
  public String owner() {
    return network.self().toString();
  }

  @Override
  public CompletableFuture<Boolean> store(String key, String value, Duration lifetime) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return onLoop(
        () ->
            dht.publish(key, bytes, network.loop().now().plus(lifetime))
                .thenApply(accepted -> accepted > 0));
  }

  @Override
  public CompletableFuture<Map<String, String>> get(String key) {
    return onLoop(() -> dht.entries(key).thenApply(LoopNode::values));
  }

  @Override
  public void kill() {
    death.run();
  }

  private <T> CompletableFuture<T> onLoop(Supplier<CompletableFuture<T>> work) {
    return CompletableFuture.completedFuture(work).thenComposeAsync(Supplier::get, network.loop());
  }

  private static Map<String, String> values(List<Dht.Entry> entries) {
    Map<String, String> values = new TreeMap<>();
    for (Dht.Entry entry : entries) {
      values.put(entry.owner().toString(), new String(entry.value(), StandardCharsets.UTF_8));
    }
    return values;
  }
}
