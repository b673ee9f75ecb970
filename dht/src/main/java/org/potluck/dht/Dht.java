package org.potluck.dht;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.potluck.network.Multiaddr;
import org.potluck.network.PeerId;

/**
 * The swarm's shared notebook, as the protocols above see it.
 *
 * <p>Under one key stands a dictionary with at most one entry per peer, signed by that peer and
 * valid until the instant it names. Whoever stores or reads an entry checks both. Called on the
 * peer's loop; futures complete there.
 */
public interface Dht {
  /** Largest value of an entry in bytes. */
  int VALUE_BYTES_MAX = 16 * 1024;

  /**
   * Joins the network of {@code known}: any one that answers is enough. With an empty list this
   * peer starts a network of its own.
   *
   * @return completes with the number of peers that answered; fails when {@code known} is not empty
   *     and none did
   */
  CompletableFuture<Integer> bootstrap(List<Multiaddr> known);

  /**
   * Writes this peer's own entry under {@code key}, replacing an older one.
   *
   * @param value at most {@link #VALUE_BYTES_MAX} bytes, opaque here
   * @param expiration of two entries of one peer the later expiration wins
   * @return completes with the number of nodes that accepted it, this one included
   */
  CompletableFuture<Integer> publish(String key, byte[] value, Instant expiration);

  /**
   * Reads the current entries under {@code key}, freshly merged from the nodes closest to it.
   *
   * @return completes with valid entries only, at most one per peer, ordered by peer id
   */
  CompletableFuture<List<Entry>> entries(String key);

  /**
   * The same for several keys at once, sharing calls where the implementation can.
   *
   * @return completes with one list per key, in the order of {@code keys}
   */
  default CompletableFuture<List<List<Entry>>> entries(List<String> keys) {
    return together(keys.stream().map(this::entries).toList());
  }

  /**
   * Reads entries that were stored or read here before and are valid still, without asking anybody;
   * where there are none, as {@link #entries(String)}. May lack what others wrote since.
   */
  default CompletableFuture<List<Entry>> recent(String key) {
    return entries(key);
  }

  /**
   * Writes several entries of this peer at once, sharing calls where the implementation can.
   *
   * @return completes with the number of nodes that accepted each, in the order of {@code notes}
   */
  default CompletableFuture<List<Integer>> publish(List<Note> notes) {
    return together(
        notes.stream().map(note -> publish(note.key(), note.value(), note.expiration())).toList());
  }

  /**
   * From now on this node neither keeps nor returns entries under {@code key} whose value {@code
   * shape} refuses. Every node of a run that knows what belongs under a key should say so.
   *
   * @param shape sees what anybody may have written; must not throw
   */
  default void require(String key, Predicate<byte[]> shape) {}

  private static <T> CompletableFuture<List<T>> together(List<CompletableFuture<T>> futures) {
    return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
        .thenApply(_ -> futures.stream().map(CompletableFuture::join).toList());
  }

  /** What {@link #publish(List)} writes under one key. */
  record Note(String key, byte[] value, Instant expiration) {}

  /**
   * One peer's signed word under a key.
   *
   * @param owner who signed it; verified
   * @param value what it says; opaque and untrusted
   */
  record Entry(PeerId owner, byte[] value, Instant expiration) {}
}
