package org.potluck.dht;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.routing.Contact;
import org.potluck.network.EventLoop;

/**
 * Brings records to where they belong: straight to the nodes that stood nearest to the key lately,
 * or after a search.
 */
final class Publisher {
  /** Older memories are refreshed behind the writer's back. */
  private static final Duration REFRESH_AFTER = Duration.ofSeconds(20);

  private final Lookup lookup;
  private final Neighbours neighbours;
  private final EventLoop loop;
  private final int replicas;

  Publisher(Lookup lookup, Neighbours neighbours, EventLoop loop, int replicas) {
    this.lookup = lookup;
    this.neighbours = neighbours;
    this.loop = loop;
    this.replicas = replicas;
  }

  /** Completes with the number of other nodes that keep {@code record} now; never fails. */
  CompletableFuture<Integer> publish(DhtRecord record) {
    List<Contact> remembered = lookup.remembered(record.key());
    if (remembered.size() < replicas) {
      return searchAndDeliver(record, new Delivery.Delivered(Set.of(), 0));
    }
    return deliver(record, remembered, replicas)
        .thenCompose(
            delivered -> {
              boolean reached = delivered.answered().size() >= replicas;
              if (reached && lookup.age(record.key()).compareTo(REFRESH_AFTER) < 0) {
                return CompletableFuture.completedFuture(delivered.accepted());
              }
              CompletableFuture<Integer> rest = searchAndDeliver(record, delivered);
              return reached ? CompletableFuture.completedFuture(delivered.accepted()) : rest;
            });
  }

  /** Delivers to those of the nearest nodes that {@code earlier} did not reach. */
  private CompletableFuture<Integer> searchAndDeliver(
      DhtRecord record, Delivery.Delivered earlier) {
    return lookup
        .nearest(record.key())
        .thenCompose(
            found -> {
              List<Contact> nearest = found.contacts();
              long reached =
                  nearest.stream()
                      .limit(replicas)
                      .filter(contact -> earlier.answered().contains(contact.peer()))
                      .count();
              List<Contact> others =
                  nearest.stream()
                      .filter(contact -> !earlier.answered().contains(contact.peer()))
                      .toList();
              return deliver(record, others, replicas - (int) reached);
            })
        .thenApply(delivered -> earlier.accepted() + delivered.accepted());
  }

  private CompletableFuture<Delivery.Delivered> deliver(
      DhtRecord record, List<Contact> nearestFirst, int count) {
    return Delivery.start(record, nearestFirst, count, neighbours, loop);
  }
}
