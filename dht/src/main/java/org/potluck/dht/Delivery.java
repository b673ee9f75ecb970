package org.potluck.dht;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.routing.Contact;
import org.potluck.network.EventLoop;

/**
 * Brings one record to the nodes nearest to its key, moving on to farther ones in the place of
 * those that do not answer. An answer counts even if it refuses: the node lives and knows better.
 *
 * <p>Our nodes answer a store call also with the nodes they know near the key, so that a writer who
 * begins with last minute's nodes, or with a small swarm's all, needs no search before: nearer
 * nodes it did not know of are delivered to as well.
 */
final class Delivery {
  /** Bounds what liars who name ever nearer nodes can make a delivery do. */
  private static final int CALLS_MAX = 40;

  private final DhtRecord record;
  private final TreeMap<DhtId, Recipient> recipients;
  private final int replicas;
  private final Neighbours neighbours;
  private final EventLoop loop;
  private final CompletableFuture<Delivered> done = new CompletableFuture<>();
  private boolean informed;
  private int calls;

  private Delivery(DhtRecord record, int replicas, Neighbours neighbours, EventLoop loop) {
    this.record = record;
    this.replicas = replicas;
    this.neighbours = neighbours;
    this.loop = loop;
    recipients = new TreeMap<>(record.key().nearestFirst());
  }

  /**
   * How it went.
   *
   * @param answered who took or refused it, nearest first
   * @param accepted how many of them keep it now
   * @param informed whether somebody said whom else there is near the key
   */
  record Delivered(List<Contact> answered, int accepted, boolean informed) {
    static final Delivered NOTHING = new Delivered(List.of(), 0, false);
  }

  private enum State {
    UNASKED,
    ASKED,
    SILENT,
    REFUSED,
    ACCEPTED
  }

  private static final class Recipient {
    final Contact contact;
    final boolean bound;
    State state = State.UNASKED;

    Recipient(Contact contact) {
      this.contact = contact;
      bound = contact.bound();
    }
  }

  /**
   * Completes once the {@code replicas} nearest living nodes answered or none is left to ask; never
   * fails.
   *
   * @param reached nodes that have answered before
   */
  static CompletableFuture<Delivered> start(
      DhtRecord record,
      List<Contact> contacts,
      List<Contact> reached,
      int replicas,
      Neighbours neighbours,
      EventLoop loop) {
    Delivery delivery = new Delivery(record, replicas, neighbours, loop);
    delivery.add(contacts);
    for (Contact contact : reached) {
      Recipient recipient = new Recipient(contact);
      recipient.state = State.REFUSED;
      delivery.recipients.put(contact.id(), recipient);
    }
    delivery.advance();
    return delivery.done;
  }

  private void add(List<Contact> contacts) {
    contacts.forEach(one -> recipients.computeIfAbsent(one.id(), _ -> new Recipient(one)));
  }

  private void advance() {
    if (done.isDone()) {
      return;
    }
    boolean waiting = false;
    int bound = 0;
    int free = 0;
    for (Recipient one : List.copyOf(recipients.values())) {
      // Those whose id was chosen freely get the record beside the others, not in their place.
      if (one.state == State.SILENT || !(one.bound ? bound++ < replicas : free++ < replicas)) {
        continue;
      }
      if (one.state == State.UNASKED && calls < CALLS_MAX) {
        send(one);
      }
      waiting |= one.state == State.ASKED;
    }
    if (!waiting) {
      done.complete(delivered());
    }
  }

  private Delivered delivered() {
    List<Contact> answered = new ArrayList<>();
    int accepted = 0;
    for (Recipient one : recipients.values()) {
      if (one.state == State.ACCEPTED || one.state == State.REFUSED) {
        answered.add(one.contact);
        accepted += one.state == State.ACCEPTED ? 1 : 0;
      }
    }
    return new Delivered(List.copyOf(answered), accepted, informed);
  }

  private void send(Recipient recipient) {
    calls++;
    recipient.state = State.ASKED;
    EventLoop.Timer patience =
        loop.schedule(
            neighbours.patience(recipient.contact.peer()),
            () -> {
              recipient.state = State.SILENT;
              advance();
            });
    var _ =
        neighbours
            .calls()
            .store(recipient.contact.peer(), record)
            .whenComplete(
                (stored, failure) -> {
                  patience.cancel();
                  if (failure != null) {
                    recipient.state = State.SILENT;
                  } else {
                    recipient.state = stored.kept() ? State.ACCEPTED : State.REFUSED;
                    learn(stored.nearest());
                  }
                  advance();
                });
  }

  private void learn(@Nullable FindResult nearest) {
    if (nearest != null) {
      informed = true;
      add(neighbours.strangers(nearest));
    }
  }
}
