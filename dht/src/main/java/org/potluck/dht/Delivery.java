package org.potluck.dht;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.potluck.dht.proto.StoreRequest;
import org.potluck.dht.records.DhtRecord;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/**
 * Brings one record to the nodes nearest to its key, moving on to farther ones in the place of
 * those that do not answer. An answer counts even if it refuses: the node lives and knows better.
 */
final class Delivery {
  private final DhtRecord record;
  private final Deque<PeerId> next;
  private final int replicas;
  private final Neighbours neighbours;
  private final EventLoop loop;
  private final CompletableFuture<Integer> done = new CompletableFuture<>();
  private int answered;
  private int accepted;
  private int waiting;

  private Delivery(
      DhtRecord record,
      List<PeerId> nearestFirst,
      int replicas,
      Neighbours neighbours,
      EventLoop loop) {
    this.record = record;
    this.next = new ArrayDeque<>(nearestFirst);
    this.replicas = replicas;
    this.neighbours = neighbours;
    this.loop = loop;
  }

  /** Completes with the number of nodes that keep the record now; never fails. */
  static CompletableFuture<Integer> start(
      DhtRecord record,
      List<PeerId> nearestFirst,
      int replicas,
      Neighbours neighbours,
      EventLoop loop) {
    Delivery delivery = new Delivery(record, nearestFirst, replicas, neighbours, loop);
    delivery.advance();
    return delivery.done;
  }

  private void advance() {
    while (answered + waiting < replicas && !next.isEmpty()) {
      send(next.removeFirst());
    }
    if (waiting == 0) {
      done.complete(accepted);
    }
  }

  private void send(PeerId peer) {
    waiting++;
    // Given up or answered, whichever comes first, frees the place once.
    boolean[] freed = {false};
    EventLoop.Timer patience = loop.schedule(neighbours.patience(), () -> free(freed));
    var _ =
        neighbours
            .store(peer, Service.add(StoreRequest.newBuilder(), record, false))
            .whenComplete(
                (response, failure) -> {
                  patience.cancel();
                  if (failure == null) {
                    answered++;
                    accepted += response.getStoreOkCount() == 1 && response.getStoreOk(0) ? 1 : 0;
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
