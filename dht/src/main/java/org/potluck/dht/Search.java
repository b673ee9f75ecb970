package org.potluck.dht;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.routing.Contact;
import org.potluck.dht.routing.Standing;
import org.potluck.network.EventLoop;

/** Walks towards one key until the nodes nearest to it have answered; {@link Beam} says whom. */
final class Search {
  private final DhtId target;
  private final Beam beam;
  private final Neighbours neighbours;
  private final EventLoop loop;
  private final DhtOptions options;
  private final CompletableFuture<Found> done = new CompletableFuture<>();

  private Search(
      DhtId target, Beam beam, Neighbours neighbours, EventLoop loop, DhtOptions options) {
    this.target = target;
    this.beam = beam;
    this.neighbours = neighbours;
    this.loop = loop;
    this.options = options;
  }

  /** What one node said. */
  record Answer(Contact contact, FindResult result) {}

  /**
   * What a search brought.
   *
   * @param answers nearest node first
   * @param hops calls one after the other that led to the farthest of the replicas' holders; 1 when
   *     they were known before
   * @param calls find calls made
   */
  record Found(List<Answer> answers, int hops, int calls) {
    List<Contact> contacts() {
      return answers.stream().map(Answer::contact).toList();
    }
  }

  /**
   * Completes with the answers; never fails.
   *
   * @param wanted nearest nodes that must have answered, or failed
   * @param hints nodes that answered a search for this key before; where there are some, as many of
   *     the nearest as hold a record are asked at once
   */
  static CompletableFuture<Found> start(
      DhtId target,
      int wanted,
      List<Contact> hints,
      Neighbours neighbours,
      EventLoop loop,
      DhtOptions options) {
    boolean sure = !hints.isEmpty() || neighbours.knowsEverybody();
    int lead = sure && wanted < options.bucketSize() ? options.replicas() : wanted;
    Beam beam = new Beam(target, lead, sure, options);
    Search search = new Search(target, beam, neighbours, loop, options);
    search.begin(hints);
    return search.done;
  }

  private void begin(List<Contact> hints) {
    neighbours.table().searched(target, loop.now());
    List<Contact> known = neighbours.table().nearest(target, options.bucketSize(), null);
    beam.begin(neighbours.living(hints));
    beam.begin(neighbours.living(known));
    if (beam.empty()) {
      // Rather ask those who were silent lately than nobody.
      beam.begin(known);
    }
    advance();
  }

  private void advance() {
    if (done.isDone()) {
      return;
    }
    beam.next().forEach(this::ask);
    if (beam.over()) {
      beam.liars().forEach(liar -> neighbours.misdeed(liar.peer(), Standing.Misdeed.NAMED_GHOSTS));
      done.complete(found());
    }
  }

  private void ask(Beam.Candidate candidate) {
    EventLoop.Timer patience =
        loop.schedule(
            neighbours.patience(candidate.contact.peer()),
            () -> {
              beam.slow(candidate);
              advance();
            });
    var _ =
        neighbours
            .calls()
            .find(candidate.contact.peer(), target)
            .whenComplete(
                (result, failure) -> {
                  patience.cancel();
                  if (done.isDone()) {
                    return;
                  }
                  if (failure == null) {
                    beam.answered(candidate, result, neighbours.strangers(result));
                  } else {
                    beam.failed(candidate);
                  }
                  advance();
                });
  }

  private Found found() {
    List<Beam.Candidate> answered = beam.answered(target);
    List<Answer> answers =
        answered.stream().map(one -> new Answer(one.contact, resultOf(one))).toList();
    int hops = answered.stream().limit(options.replicas()).mapToInt(one -> one.hop).max().orElse(0);
    return new Found(answers, hops, beam.calls());
  }

  private static FindResult resultOf(Beam.Candidate answered) {
    FindResult result = answered.result();
    return result == null ? FindResult.getDefaultInstance() : result;
  }
}
