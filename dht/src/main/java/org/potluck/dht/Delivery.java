package org.potluck.dht;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.routing.Contact;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/**
 * Brings one record to the nodes nearest to its key, moving on to farther ones in the place of
 * those that do not answer. An answer counts even if it refuses: the node lives and knows better.
 */
final class Delivery {
  private final DhtRecord record;
  private final Deque<PeerId> next = new ArrayDeque<>();
  private final int replicas;
  private final Neighbours neighbours;
  private final EventLoop loop;
  private final CompletableFuture<Delivered> done = new CompletableFuture<>();
  private final Set<PeerId> answered = new LinkedHashSet<>();
  private int accepted;
  private int waiting;

  private Delivery(DhtRecord record, int replicas, Neighbours neighbours, EventLoop loop) {
    this.record = record;
    this.replicas = replicas;
    this.neighbours = neighbours;
    this.loop = loop;
  }

  /**
   * How it went.
   *
   * @param answered who took or refused it
   * @param accepted how many of them keep it now
   */
  record Delivered(Set<PeerId> answered, int accepted) {}

  /** Completes once {@code replicas} nodes answered or none is left to ask; never fails. */
  static CompletableFuture<Delivered> start(
      DhtRecord record,
      List<Contact> nearestFirst,
      int replicas,
      Neighbours neighbours,
      EventLoop loop) {
    Delivery delivery = new Delivery(record, replicas, neighbours, loop);
    nearestFirst.forEach(contact -> delivery.next.add(contact.peer()));
    delivery.advance();
    return delivery.done;
  }

  private void advance() {
    while (answered.size() + waiting < replicas && !next.isEmpty()) {
      send(next.removeFirst());
    }
    if (waiting == 0) {
      done.complete(new Delivered(answered, accepted));
    }
  }

  private void send(PeerId peer) {
    waiting++;
    // Given up or answered, whichever comes first, frees the place once.
    boolean[] freed = {false};
    EventLoop.Timer patience = loop.schedule(neighbours.patience(peer), () -> free(freed));
    var _ =
        neighbours
            .calls()
            .store(peer, record, false)
            .whenComplete(
                (stored, failure) -> {
                  patience.cancel();
                  if (failure == null && !done.isDone()) {
                    answered.add(peer);
                    accepted += stored ? 1 : 0;
                  }
                  free(freed);
                });
  }

  private void free(boolean[] freed) {
    if (!freed[0]) {
      freed[0] = true;
      waiting--;
      advance();
    }
  }
}
