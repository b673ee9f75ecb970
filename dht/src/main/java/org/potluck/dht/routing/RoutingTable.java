package org.potluck.dht.routing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.records.DhtId;
import org.potluck.network.PeerId;

/**
 * The nodes that this one knows, densely near itself and sparsely far away (Maymounkov and
 * Mazières, "Kademlia", 2002, sections 2.4 and 4.2).
 *
 * <p>The space of ids is cut into buckets by prefix. A full bucket splits when this node stands in
 * it, or when its depth is no multiple of {@code depthModulo}, which keeps several contacts per bit
 * and shortens searches. One peer stands at one id only, so that nobody fills a table alone.
 */
public final class RoutingTable {
  /** Contacts of one bucket that may have addresses in one neighbourhood. */
  static final int NEIGHBOURS_PER_BUCKET = 3;

  private final DhtId self;
  private final int bucketSize;
  private final int depthModulo;

  /** In the order of their prefixes; together they cover the space once. */
  private final List<Bucket> buckets = new ArrayList<>();

  private final Map<PeerId, DhtId> idOfPeer = new LinkedHashMap<>();

  /** Where the contacts are that are not in a local network. */
  private final Map<DhtId, String> neighbourhoods = new LinkedHashMap<>();

  public RoutingTable(DhtId self, int bucketSize, int depthModulo, Instant now) {
    if (bucketSize < 1 || depthModulo < 1) {
      throw new IllegalArgumentException("bucketSize and depthModulo must be positive");
    }
    this.self = self;
    this.depthModulo = depthModulo;
    this.bucketSize = bucketSize;
    buckets.add(new Bucket(self, 0, bucketSize, now));
  }

  /** What hearing of a contact did to the table. */
  public sealed interface Heard {
    /** It was there already, or may not be there at all. */
    record Known() implements Heard {}

    /** It has a place now. */
    record Added() implements Heard {}

    /** Its bucket is full; whether {@code leastRecent} still lives decides. */
    record Full(Contact leastRecent) implements Heard {}
  }

  /**
   * Takes note that {@code contact} was heard of directly: it called or answered.
   *
   * @param neighbourhood of its address, see {@link Neighbourhood}; empty counts for nothing
   */
  public Heard heard(Contact contact, Optional<String> neighbourhood, Instant now) {
    if (contact.id().equals(self)) {
      return new Heard.Known();
    }
    boolean crowded = neighbourhood.isPresent() && crowded(contact.id(), neighbourhood.get());
    if (crowded || (!contact.bound() && fullOfFreeIds(contact.id()))) {
      return new Heard.Known();
    }
    DhtId earlier = idOfPeer.get(contact.peer());
    if (earlier != null && !earlier.equals(contact.id())) {
      remove(earlier);
    }
    Bucket bucket = bucketOf(contact.id());
    Contact there = bucket.get(contact.id());
    if (there != null && !there.peer().equals(contact.peer())) {
      // Two peers claim one id: the one whose identity yields it is right, else who came first.
      if (!DhtId.ofPeer(contact.peer()).equals(contact.id())) {
        return new Heard.Known();
      }
      idOfPeer.remove(there.peer());
    }
    while (!bucket.add(contact, now)) {
      if (!maySplit(bucket)) {
        bucket.spare(contact);
        return new Heard.Full(bucket.leastRecent());
      }
      bucket = split(bucket, contact.id());
    }
    idOfPeer.put(contact.peer(), contact.id());
    neighbourhood.ifPresent(where -> neighbourhoods.put(contact.id(), where));
    return there == null ? new Heard.Added() : new Heard.Known();
  }

  /**
   * Takes note of a contact that stands in the table already: most calls are with those.
   *
   * @return false when it does not stand there
   */
  public boolean heardAgain(Contact contact, Instant now) {
    return contact.id().equals(idOfPeer.get(contact.peer()))
        && bucketOf(contact.id()).again(contact, now);
  }

  /** Whether the bucket of {@code id} has its share of this neighbourhood without {@code id}. */
  private boolean crowded(DhtId id, String neighbourhood) {
    Bucket bucket = bucketOf(id);
    if (bucket.get(id) != null) {
      return false;
    }
    int neighbours = 0;
    for (Contact contact : bucket.contacts()) {
      neighbours += neighbourhood.equals(neighbourhoods.get(contact.id())) ? 1 : 0;
    }
    return neighbours >= NEIGHBOURS_PER_BUCKET;
  }

  /** Whether half of the bucket of {@code id} are contacts that chose their ids. */
  private boolean fullOfFreeIds(DhtId id) {
    Bucket bucket = bucketOf(id);
    return bucket.get(id) == null
        && 2 * bucket.contacts().stream().filter(one -> !one.bound()).count() >= bucketSize;
  }

  /** Forgets the node at {@code id}, which did not answer; a spare takes its place. */
  public void remove(DhtId id) {
    neighbourhoods.remove(id);
    Bucket bucket = bucketOf(id);
    Contact gone = bucket.get(id);
    if (gone != null) {
      idOfPeer.remove(gone.peer());
    }
    bucket.remove(id).ifPresent(next -> idOfPeer.put(next.peer(), next.id()));
  }

  /** The id at which {@code peer} stands in this table. */
  public Optional<DhtId> idOf(PeerId peer) {
    return Optional.ofNullable(idOfPeer.get(peer));
  }

  public boolean contains(DhtId id) {
    return bucketOf(id).get(id) != null;
  }

  public int size() {
    return idOfPeer.size();
  }

  /** Everyone in the table, bucket by bucket. */
  public List<Contact> contacts() {
    List<Contact> contacts = new ArrayList<>(size());
    for (Bucket bucket : buckets) {
      contacts.addAll(bucket.contacts());
    }
    return contacts;
  }

  /** The very object that stands here for {@code peer} at {@code id}; null where none does. */
  public @Nullable Contact known(DhtId id, PeerId peer) {
    return id.equals(idOfPeer.get(peer)) ? bucketOf(id).get(id) : null;
  }

  /**
   * How many leading bits contacts share with this node: the bits for which there is one.
   *
   * @param except does not count
   */
  public BitSet sharedBits(DhtId except) {
    BitSet shared = new BitSet();
    for (Bucket bucket : buckets) {
      boolean home = bucket.covers(self);
      for (Contact contact : bucket.contacts()) {
        if (!contact.id().equals(except)) {
          shared.set(self.sharedBits(contact.id()));
          if (!home) {
            break; // All of another bucket share as many.
          }
        }
      }
    }
    return shared;
  }

  /**
   * The {@code count} contacts nearest to {@code target}, nearest first.
   *
   * @param except stands not among them
   */
  public List<Contact> nearest(DhtId target, int count, @Nullable DhtId except) {
    // All ids of one bucket are nearer to the target than all of another, in prefix order.
    List<Bucket> ordered = new ArrayList<>(buckets);
    ordered.sort((a, b) -> target.compareDistances(a.prefix(), b.prefix()));
    List<Contact> nearest = new ArrayList<>(count);
    for (Bucket bucket : ordered) {
      if (nearest.size() >= count) {
        break;
      }
      List<Contact> inside = new ArrayList<>(bucket.contacts());
      inside.sort((a, b) -> target.compareDistances(a.id(), b.id()));
      for (Contact contact : inside) {
        if (nearest.size() < count && !contact.id().equals(except)) {
          nearest.add(contact);
        }
      }
    }
    return nearest;
  }

  /** Takes note that the surroundings of {@code target} were searched. */
  public void searched(DhtId target, Instant now) {
    bucketOf(target).touch(now);
  }

  /**
   * A random id in the bucket with room that has been quiet longest, if that is {@code quiet} or
   * longer.
   */
  public Optional<DhtId> stale(Instant now, Duration quiet, RandomGenerator random) {
    Bucket oldest = null;
    for (Bucket bucket : buckets) {
      boolean room = bucket.contacts().size() < bucketSize;
      if (room && (oldest == null || bucket.touched().isBefore(oldest.touched()))) {
        oldest = bucket;
      }
    }
    if (oldest == null || oldest.touched().plus(quiet).isAfter(now)) {
      return Optional.empty();
    }
    DhtId any = new DhtId(random.nextLong(), random.nextLong(), random.nextInt());
    return Optional.of(oldest.prefix().prefix(oldest.depth(), any));
  }

  /** The {@code count} contacts that were heard of longest ago, and before {@code before}. */
  public List<Contact> quiet(int count, Instant before) {
    return buckets.stream()
        .flatMap(bucket -> bucket.quiet(before).stream())
        .sorted(Map.Entry.comparingByValue())
        .limit(count)
        .map(Map.Entry::getKey)
        .toList();
  }

  List<Bucket> buckets() {
    return buckets;
  }

  private boolean maySplit(Bucket bucket) {
    return bucket.depth() < DhtId.BITS - 1
        && (bucket.covers(self) || bucket.depth() % depthModulo != 0);
  }

  /** Splits {@code bucket}; returns the half that covers {@code id}. */
  private Bucket split(Bucket bucket, DhtId id) {
    int at = buckets.indexOf(bucket);
    List<Bucket> halves = bucket.split();
    buckets.remove(at);
    buckets.addAll(at, halves);
    for (Bucket half : halves) {
      // A spare that found a place in its half stands in the table from now on.
      half.contacts().forEach(contact -> idOfPeer.put(contact.peer(), contact.id()));
    }
    return halves.getFirst().covers(id) ? halves.getFirst() : halves.getLast();
  }

  private Bucket bucketOf(DhtId id) {
    int low = 0;
    int high = buckets.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (buckets.get(middle).prefix().compareTo(id) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return buckets.get(low);
  }
}
