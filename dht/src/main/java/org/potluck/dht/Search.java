package org.potluck.dht;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.proto.FindResponse;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.routing.Contact;
import org.potluck.network.EventLoop;

/**
 * Walks towards a key until the nodes nearest to it have answered.
 *
 * <p>Asked one by one, twenty nodes cost twenty round trips; asked all at once, every search floods
 * nodes that turn out to be far away. So a few workers walk while answers still bring nearer nodes,
 * and as soon as one brings none, all of the nearest are asked together (the last round of the
 * Kademlia paper, section 2.3). A search in a small swarm takes two round trips.
 *
 * <p>A dead node costs its time-out, twenty times a usual answer. So a node that is silent for
 * longer than {@link RoundTrips#patience} no longer holds up the others: the next one is asked, and
 * once enough others answered the search ends without it.
 */
final class Search {
  /** Bounds what liars who name ever nearer nodes can make a search do. */
  private static final int CALLS_MAX = 120;

  private final DhtId target;
  private final Neighbours neighbours;
  private final EventLoop loop;
  private final DhtOptions options;
  private final CompletableFuture<List<Answer>> done = new CompletableFuture<>();

  /** The beam: nearest first. */
  private final TreeMap<DhtId, Candidate> candidates;

  private boolean walking = true;
  private int calls;

  private Search(DhtId target, Neighbours neighbours, EventLoop loop, DhtOptions options) {
    this.target = target;
    this.neighbours = neighbours;
    this.loop = loop;
    this.options = options;
    candidates = new TreeMap<>(target.nearestFirst());
  }

  /** What one node said. */
  record Answer(Contact contact, FindResult result) {}

  /** Completes with the answers, nearest node first; never fails. */
  static CompletableFuture<List<Answer>> start(
      DhtId target, Neighbours neighbours, EventLoop loop, DhtOptions options) {
    Search search = new Search(target, neighbours, loop, options);
    search.begin();
    return search.done;
  }

  private void begin() {
    neighbours.table().searched(target, loop.now());
    List<Contact> known = neighbours.table().nearest(target, options.bucketSize(), null);
    known.stream().filter(contact -> !neighbours.banned(contact.peer())).forEach(this::add);
    if (candidates.isEmpty()) {
      // Rather ask those who were silent lately than nobody.
      known.forEach(this::add);
    }
    advance();
  }

  private void add(Contact contact) {
    candidates.putIfAbsent(contact.id(), new Candidate(contact));
    Candidate last = candidates.lastEntry().getValue();
    if (candidates.size() > 2 * options.bucketSize() && last.state == State.UNASKED) {
      candidates.remove(last.contact.id());
    }
  }

  private void advance() {
    if (done.isDone()) {
      return;
    }
    List<Candidate> leading = leading();
    long waiting = leading.stream().filter(one -> one.state == State.ASKED).count();
    for (Candidate candidate : leading) {
      boolean room = !walking || waiting < options.workers();
      if (candidate.state == State.UNASKED && room && calls < CALLS_MAX) {
        ask(candidate);
        waiting++;
      }
    }
    if (waiting == 0 && (enoughWithoutTheSlow() || calls >= CALLS_MAX)) {
      done.complete(answers());
    }
  }

  /** The nearest candidates that count: neither failed nor slow. */
  private List<Candidate> leading() {
    return candidates.values().stream()
        .filter(one -> one.state != State.FAILED && one.state != State.SLOW)
        .limit(options.settled())
        .toList();
  }

  private boolean enoughWithoutTheSlow() {
    int answered = 0;
    int slow = 0;
    for (Candidate candidate : candidates.values()) {
      answered += candidate.state == State.ANSWERED ? 1 : 0;
      slow += candidate.state == State.SLOW ? 1 : 0;
    }
    return slow == 0 || answered >= Math.min(options.replicas(), slow);
  }

  private void ask(Candidate candidate) {
    calls++;
    candidate.state = State.ASKED;
    EventLoop.Timer patience =
        loop.schedule(
            neighbours.patience(),
            () -> {
              if (candidate.state == State.ASKED) {
                candidate.state = State.SLOW;
                advance();
              }
            });
    var _ =
        neighbours
            .find(candidate.contact.peer(), target)
            .whenComplete(
                (response, failure) -> {
                  patience.cancel();
                  if (failure == null) {
                    answered(candidate, response);
                  } else {
                    candidate.state = State.FAILED;
                  }
                  advance();
                });
  }

  private void answered(Candidate candidate, FindResponse response) {
    if (response.getResultsCount() != 1) {
      candidate.state = State.FAILED;
      neighbours.distrust(candidate.contact.peer());
      return;
    }
    if (done.isDone()) {
      return;
    }
    candidate.state = State.ANSWERED;
    candidate.result = response.getResults(0);
    Optional<DhtId> nearest = nearestPresent();
    for (Contact contact : neighbours.contacts(response.getResults(0))) {
      if (!neighbours.banned(contact.peer()) && !contact.id().equals(neighbours.self())) {
        add(contact);
      }
    }
    walking = !nearest.equals(nearestPresent());
  }

  private Optional<DhtId> nearestPresent() {
    return leading().stream().findFirst().map(one -> one.contact.id());
  }

  private List<Answer> answers() {
    List<Answer> answers = new ArrayList<>();
    for (Candidate candidate : candidates.values()) {
      if (candidate.state == State.ANSWERED && candidate.result != null) {
        answers.add(new Answer(candidate.contact, candidate.result));
      }
    }
    return answers;
  }

  private enum State {
    UNASKED,
    ASKED,
    SLOW,
    ANSWERED,
    FAILED
  }

  private static final class Candidate {
    final Contact contact;
    State state = State.UNASKED;
    @Nullable FindResult result;

    Candidate(Contact contact) {
      this.contact = contact;
    }
  }
}
