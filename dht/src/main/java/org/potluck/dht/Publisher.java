package org.potluck.dht;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.potluck.dht.Delivery.Delivered;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.routing.Contact;
import org.potluck.network.EventLoop;

/**
 * Brings records to where they belong: straight to the nodes that stand nearest to the key as far
 * as is known, or after a search where nothing is known.
 */
final class Publisher {
  private final Lookup lookup;
  private final Neighbours neighbours;
  private final EventLoop loop;
  private final DhtOptions options;

  Publisher(Lookup lookup, Neighbours neighbours, EventLoop loop, DhtOptions options) {
    this.lookup = lookup;
    this.neighbours = neighbours;
    this.loop = loop;
    this.options = options;
  }

  /** Completes with the number of other nodes that keep {@code record} now; never fails. */
  CompletableFuture<Integer> publish(DhtRecord record) {
    List<Contact> near = nearby(record.key());
    if (near.size() < options.replicas() && !neighbours.knowsEverybody()) {
      return afterSearch(record, Delivered.NOTHING);
    }
    return deliver(record, near, Delivered.NOTHING)
        .thenCompose(
            delivered ->
                delivered.informed()
                    ? CompletableFuture.completedFuture(delivered.accepted())
                    : afterSearch(record, delivered));
  }

  private List<Contact> nearby(DhtId key) {
    List<Contact> remembered = lookup.remembered(key);
    return remembered.isEmpty() && neighbours.knowsEverybody()
        ? neighbours.living(neighbours.table().nearest(key, options.bucketSize(), null))
        : remembered;
  }

  private CompletableFuture<Integer> afterSearch(DhtRecord record, Delivered earlier) {
    return lookup
        .nearest(record.key())
        .thenCompose(found -> deliver(record, found.contacts(), earlier))
        .thenApply(delivered -> earlier.accepted() + delivered.accepted());
  }

  private CompletableFuture<Delivered> deliver(
      DhtRecord record, List<Contact> contacts, Delivered earlier) {
    return Delivery.start(
            record, contacts, earlier.answered(), options.replicas(), neighbours, loop)
        .thenApply(
            delivered -> {
              lookup.learn(record.key(), delivered.answered());
              return delivered;
            });
  }
}
