package org.potluck.dht;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.routing.Contact;
import org.potluck.network.EventLoop;

/**
 * Searches, and remembers for a while which nodes stand nearest to a key.
 *
 * <p>A run writes and reads the same few keys every few seconds, and the nodes around a key change
 * with the swarm, that is within minutes. So the next read asks the remembered nodes at once, and
 * the next write goes straight to them; each search refreshes what is remembered.
 */
final class Lookup {
  /** So long the nodes found are where the next search begins. */
  private static final Duration GOOD_FOR = Duration.ofMinutes(2);

  private static final int KEYS_MAX = 1024;

  private final Neighbours neighbours;
  private final EventLoop loop;
  private final DhtOptions options;
  private final Map<DhtId, Memory> memories = new LinkedHashMap<>();

  Lookup(Neighbours neighbours, EventLoop loop, DhtOptions options) {
    this.neighbours = neighbours;
    this.loop = loop;
    this.options = options;
  }

  /** The nodes that stood nearest to a key, nearest first. */
  record Memory(List<Contact> nearest, Instant searched) {}

  /** Asks the nodes nearest to {@code key} what they hold under it. */
  CompletableFuture<Search.Found> read(DhtId key) {
    return search(key, key, options.settled());
  }

  /**
   * Finds the nodes that should keep {@code key}. Ids are asked for beside the key itself: the same
   * nodes answer, and none sends what it holds.
   */
  CompletableFuture<Search.Found> nearest(DhtId key) {
    return search(key.flip(DhtId.BITS - 1), key, options.replicas());
  }

  /** Searches for {@code target} without memory, as upkeep does. */
  CompletableFuture<Search.Found> explore(DhtId target) {
    return Search.start(target, options.settled(), List.of(), neighbours, loop, options);
  }

  /** Makes this node known to all around it; in a small swarm to everybody. */
  CompletableFuture<Search.Found> introduce() {
    return Search.start(
        neighbours.self(), options.bucketSize(), List.of(), neighbours, loop, options);
  }

  /** Who stood near {@code key} lately, as far as they still answer; empty where nobody knows. */
  List<Contact> remembered(DhtId key) {
    Memory memory = memories.get(key);
    if (memory == null || memory.searched().plus(GOOD_FOR).isBefore(loop.now())) {
      return List.of();
    }
    return memory.nearest().stream().filter(one -> !neighbours.banned(one.peer())).toList();
  }

  private CompletableFuture<Search.Found> search(DhtId target, DhtId key, int wanted) {
    return Search.start(target, wanted, remembered(key), neighbours, loop, options)
        .thenApply(
            found -> {
              learn(key, found.contacts());
              return found;
            });
  }

  /** Takes note that {@code nearest} stand nearest to {@code key}, nearest first. */
  void learn(DhtId key, List<Contact> nearest) {
    memories.remove(key);
    if (nearest.isEmpty()) {
      return;
    }
    int count = Math.min(nearest.size(), options.bucketSize());
    memories.put(key, new Memory(List.copyOf(nearest.subList(0, count)), loop.now()));
    if (memories.size() > KEYS_MAX) {
      memories.remove(memories.keySet().iterator().next());
    }
  }
}
