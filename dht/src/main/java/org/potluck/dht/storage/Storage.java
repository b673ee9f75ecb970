package org.potluck.dht.storage;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.network.PeerId;

/**
 * The records one node keeps.
 *
 * <p>A key holds either one plain value or a dictionary of entries. Of two records in one place the
 * later expiration wins, and what is refused leaves no trace: hivemind lets a refused older value
 * shorten the life of the newer one, so that anybody can make it vanish. Dictionary and plain value
 * drive each other out by the same rule, but a dictionary that holds signed entries gives way to
 * nothing, and signed entries drive out a plain value of any expiration.
 *
 * <p>When there is no room, records without an owner go first, then those nearest to their
 * expiration; should that be the new one, it is refused.
 */
public final class Storage {
  private static final DhtId LOWEST = new DhtId(0, 0, 0);
  private static final DhtId HIGHEST = new DhtId(-1, -1, -1);

  private final StorageLimits limits;
  private final NavigableMap<DhtId, Shelf> keys = new TreeMap<>();
  private final Map<Place, Kept> places = new LinkedHashMap<>();
  private final Shelf everything = new Shelf();
  private final Map<PeerId, Integer> recordsOfPayer = new LinkedHashMap<>();

  public Storage(StorageLimits limits) {
    this.limits = limits;
  }

  /**
   * @param owner whose signature on {@code record} was checked; null when it is nobody's
   * @param payer whose share of the room it takes: the owner, else who brought it
   * @param now unix seconds
   * @return whether {@code record} is kept now
   */
  public boolean store(DhtRecord record, @Nullable PeerId owner, PeerId payer, double now) {
    expire(now);
    Kept kept = new Kept(record, owner, payer);
    Optional<Kept> replaced = find(record.key(), record.subkey());
    boolean newer =
        replaced.map(old -> old.record().expiration() < record.expiration()).orElse(true);
    if (!newer || record.expiration() <= now || !payerHasRoom(kept, replaced)) {
      return false;
    }
    Shelf others = keys.get(record.key());
    if (others != null && !yieldsTo(others, kept)) {
      return false;
    }
    if (others != null) {
      driveOut(others, record);
    }
    replaced.ifPresent(this::remove);
    add(kept);
    return makeRoom(kept);
  }

  /** All live records under {@code key}: none, one plain value, or entries of a dictionary. */
  public List<DhtRecord> get(DhtId key, double now) {
    expire(now);
    Shelf shelf = keys.get(key);
    return shelf == null ? List.of() : shelf.all().stream().map(Kept::record).toList();
  }

  /** The keys with a live record that share their first {@code bits} bits with {@code prefix}. */
  public Set<DhtId> keys(DhtId prefix, int bits, double now) {
    expire(now);
    DhtId first = prefix.prefix(bits, LOWEST);
    DhtId last = prefix.prefix(bits, HIGHEST);
    return new LinkedHashSet<>(keys.subMap(first, true, last, true).keySet());
  }

  public boolean empty(double now) {
    expire(now);
    return keys.isEmpty();
  }

  public int size() {
    return everything.size();
  }

  public long bytes() {
    return everything.bytes();
  }

  private Optional<Kept> find(DhtId key, ByteString subkey) {
    return Optional.ofNullable(places.get(new Place(key, subkey)));
  }

  private boolean payerHasRoom(Kept kept, Optional<Kept> replaced) {
    return replaced.filter(old -> old.payer().equals(kept.payer())).isPresent()
        || recordsOfPayer.getOrDefault(kept.payer(), 0) < limits.recordsPerOwnerMax();
  }

  /** Whether what stands under a key makes way for, or stands well beside, {@code kept}. */
  private static boolean yieldsTo(Shelf others, Kept kept) {
    boolean sameKind = others.all().getFirst().record().plain() == kept.record().plain();
    if (sameKind || kept.owner() != null) {
      return true;
    }
    return !others.holdsSigned() && others.latestExpiration() < kept.record().expiration();
  }

  private void driveOut(Shelf others, DhtRecord record) {
    for (Kept other : new ArrayList<>(others.all())) {
      if (other.record().plain() != record.plain()) {
        remove(other);
      }
    }
  }

  private boolean makeRoom(Kept kept) {
    Shelf shelf = keys.get(kept.record().key());
    while (shelf != null
        && (shelf.size() > limits.recordsPerKeyMax() || shelf.bytes() > limits.bytesPerKeyMax())) {
      remove(shelf.mostDispensable());
    }
    while (everything.size() > limits.recordsMax() || everything.bytes() > limits.bytesMax()) {
      remove(everything.mostDispensable());
    }
    return find(kept.record().key(), kept.record().subkey()).filter(kept::equals).isPresent();
  }

  private void expire(double now) {
    for (Optional<Kept> old = everything.expired(now);
        old.isPresent();
        old = everything.expired(now)) {
      remove(old.get());
    }
  }

  private void add(Kept kept) {
    everything.add(kept);
    places.put(Place.of(kept.record()), kept);
    keys.computeIfAbsent(kept.record().key(), _ -> new Shelf()).add(kept);
    recordsOfPayer.merge(kept.payer(), 1, Integer::sum);
  }

  private void remove(Kept kept) {
    everything.remove(kept);
    places.remove(Place.of(kept.record()));
    Shelf shelf = keys.get(kept.record().key());
    if (shelf != null) {
      shelf.remove(kept);
      if (shelf.size() == 0) {
        keys.remove(kept.record().key());
      }
    }
    recordsOfPayer.computeIfPresent(
        kept.payer(), (_, count) -> count == 1 ? null : Integer.valueOf(count - 1));
  }

  private record Place(DhtId key, ByteString subkey) {
    static Place of(DhtRecord record) {
      return new Place(record.key(), record.subkey());
    }
  }
}
