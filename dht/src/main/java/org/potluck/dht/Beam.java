package org.potluck.dht;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.routing.Contact;

/**
 * Which nodes a search has heard of, and which it should ask next.
 *
 * <p>Asked one by one, twenty nodes cost twenty round trips; asked all at once, every search floods
 * nodes that turn out to be far away. So a few workers walk while answers still bring nearer nodes,
 * and as soon as one brings none, all of the nearest are asked together (the last round of the
 * Kademlia paper, section 2.3).
 *
 * <p>The walk is cut into paths that share no node (Baumgart and Mies, "S/Kademlia", 2007, section
 * 4.4): whoever is named first on one path belongs to it, and only to it. A liar can lead the path
 * that met it astray, never the others, and each path alone finds enough nodes to hold a record.
 *
 * <p>A dead node costs its time-out, twenty times a usual answer. So a node that is silent for
 * longer than usual no longer holds up the others: the next one is asked, and once enough others
 * answered the search ends without it.
 */
final class Beam {
  /** Bounds what liars who name ever nearer nodes can make a search do. */
  private static final int CALLS_MAX = 120;

  /** Honest nodes name some dead ones, but living ones beside them. */
  private static final int GHOSTS_MIN = 6;

  private final DhtOptions options;
  private final int lead;
  private final int workers;
  private final List<Path> paths = new ArrayList<>();
  private final Set<DhtId> named = new HashSet<>();
  private int calls;

  /**
   * @param wanted nearest nodes that must have answered, or failed
   * @param sure whether the nearest nodes are known already, so that all can be asked at once
   */
  Beam(DhtId target, int wanted, boolean sure, DhtOptions options) {
    this.options = options;
    int count = sure ? 1 : options.paths();
    lead = count == 1 ? wanted : Math.max(options.replicas(), (wanted + count - 1) / count);
    workers = options.workers();
    for (int i = 0; i < count; i++) {
      paths.add(new Path(target, !sure));
    }
  }

  /** One node on its way from being named to having answered. */
  static final class Candidate {
    final Contact contact;
    final @Nullable Candidate namer;
    final int hop;
    private final boolean bound;
    private final Path path;
    private State state = State.UNASKED;
    private @Nullable FindResult result;
    private int namedLiving;
    private int namedDead;

    private Candidate(Contact contact, @Nullable Candidate namer, Path path) {
      this.contact = contact;
      this.namer = namer;
      this.path = path;
      hop = namer == null ? 1 : namer.hop + 1;
      bound = contact.bound();
    }

    /** What it said; null before it answered. */
    @Nullable FindResult result() {
      return result;
    }
  }

  private enum State {
    UNASKED,
    ASKED,
    SLOW,
    ANSWERED,
    FAILED
  }

  private static final class Path {
    final TreeMap<DhtId, Candidate> candidates;
    boolean walking;
    private int bound;
    private int free;

    Path(DhtId target, boolean walking) {
      candidates = new TreeMap<>(target.nearestFirst());
      this.walking = walking;
    }

    /**
     * The nearest candidates that count: neither failed nor slow. As many again of those whose id
     * was chosen freely, so that they cannot crowd out the others.
     */
    List<Candidate> leading(int count) {
      List<Candidate> leading = new ArrayList<>(count);
      int bound = 0;
      int free = 0;
      for (Candidate one : candidates.values()) {
        if (one.state == State.FAILED || one.state == State.SLOW) {
          continue;
        }
        if (one.bound ? bound++ < count : free++ < count) {
          leading.add(one);
        }
        if (bound >= count) {
          break;
        }
      }
      return leading;
    }

    /** Takes in {@code one}; of each kind the farthest leaves when there are too many. */
    void add(Candidate one, int max) {
      candidates.put(one.contact.id(), one);
      int alike = one.bound ? ++bound : ++free;
      if (alike > max) {
        for (Candidate other : candidates.descendingMap().values()) {
          if (other.bound == one.bound) {
            forget(other);
            return;
          }
        }
      }
    }

    private void forget(Candidate farthest) {
      if (farthest.state == State.UNASKED) {
        candidates.remove(farthest.contact.id());
        bound -= farthest.bound ? 1 : 0;
        free -= farthest.bound ? 0 : 1;
      }
    }

    @Nullable Candidate nearest() {
      List<Candidate> first = leading(1);
      return first.isEmpty() ? null : first.getFirst();
    }
  }

  /** Begins with {@code contacts}, dealt out to the paths in turn. */
  void begin(Collection<Contact> contacts) {
    int next = 0;
    for (Contact contact : contacts) {
      if (named.add(contact.id())) {
        Path path = paths.get(next++ % paths.size());
        path.add(new Candidate(contact, null, path), Integer.MAX_VALUE);
      }
    }
  }

  boolean empty() {
    return named.isEmpty();
  }

  /** Whom to ask now; they count as asked from here on. */
  List<Candidate> next() {
    List<Candidate> next = new ArrayList<>();
    for (Path path : paths) {
      List<Candidate> leading = path.leading(lead);
      int waiting = 0;
      for (Candidate one : leading) {
        waiting += one.state == State.ASKED ? 1 : 0;
      }
      for (Candidate one : leading) {
        boolean room = !path.walking || waiting < workers;
        if (one.state == State.UNASKED && room && calls < CALLS_MAX) {
          one.state = State.ASKED;
          calls++;
          waiting++;
          next.add(one);
        }
      }
    }
    return next;
  }

  /** Whether nobody has to be waited for any more; ask {@link #next} before. */
  boolean over() {
    int answered = 0;
    int slow = 0;
    for (Path path : paths) {
      for (Candidate one : path.leading(lead)) {
        if (one.state == State.ASKED) {
          return false;
        }
      }
      for (Candidate one : path.candidates.values()) {
        answered += one.state == State.ANSWERED ? 1 : 0;
        slow += one.state == State.SLOW ? 1 : 0;
      }
    }
    return slow == 0 || answered >= Math.min(options.replicas(), slow) || calls >= CALLS_MAX;
  }

  /** {@code candidate} answered and named {@code contacts}. */
  void answered(Candidate candidate, FindResult result, List<Contact> contacts) {
    candidate.state = State.ANSWERED;
    candidate.result = result;
    if (candidate.namer != null) {
      candidate.namer.namedLiving++;
    }
    Path path = candidate.path;
    Candidate nearestBefore = path.nearest();
    for (Contact contact : contacts) {
      if (named.add(contact.id())) {
        path.add(new Candidate(contact, candidate, path), 2 * options.bucketSize());
      }
    }
    path.walking = nearestBefore != path.nearest();
  }

  void failed(Candidate candidate) {
    candidate.state = State.FAILED;
    if (candidate.namer != null) {
      candidate.namer.namedDead++;
    }
  }

  /** Who led astray: named many nodes of which none is there. */
  List<Contact> liars() {
    List<Contact> liars = new ArrayList<>();
    for (Path path : paths) {
      for (Candidate one : path.candidates.values()) {
        if (one.namedLiving == 0 && one.namedDead >= GHOSTS_MIN) {
          liars.add(one.contact);
        }
      }
    }
    return liars;
  }

  void slow(Candidate candidate) {
    if (candidate.state == State.ASKED) {
      candidate.state = State.SLOW;
    }
  }

  /** Everyone who answered, nearest first. */
  List<Candidate> answered(DhtId target) {
    TreeMap<DhtId, Candidate> answered = new TreeMap<>(target.nearestFirst());
    for (Path path : paths) {
      for (Candidate one : path.candidates.values()) {
        if (one.state == State.ANSWERED) {
          answered.put(one.contact.id(), one);
        }
      }
    }
    return List.copyOf(answered.values());
  }

  int calls() {
    return calls;
  }
}
