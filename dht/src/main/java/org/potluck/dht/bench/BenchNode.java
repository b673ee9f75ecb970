package org.potluck.dht.bench;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A node that a benchmark drives, here or in a process of its own. */
interface BenchNode {
  /** Its peer id, under which its entries stand. */
  String owner();

  /** Writes the node's own entry; completes with whether any node took it. */
  CompletableFuture<Boolean> store(String key, String value, Duration lifetime);

  /** Reads the latest entries: owner to value. */
  CompletableFuture<Map<String, String>> get(String key);

  /** Ends at once, without a word to anybody. */
  void kill();
}
