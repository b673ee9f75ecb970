package org.potluck.dht.storage;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Records, the most dispensable first: those without an owner before signed ones, then the nearest
 * to expire. Used for the whole of storage and for one key alike.
 */
final class Shelf {
  private static final Comparator<Kept> BY_EXPIRATION =
      Comparator.<Kept>comparingDouble(kept -> kept.record().expiration())
          .thenComparing(kept -> kept.record().key())
          .thenComparing(
              kept -> kept.record().subkey(), ByteString.unsignedLexicographicalComparator());

  private final NavigableSet<Kept> unsigned = new TreeSet<>(BY_EXPIRATION);
  private final NavigableSet<Kept> signed = new TreeSet<>(BY_EXPIRATION);
  private long bytes;

  void add(Kept kept) {
    if (half(kept).add(kept)) {
      bytes += kept.record().bytes();
    }
  }

  void remove(Kept kept) {
    if (half(kept).remove(kept)) {
      bytes -= kept.record().bytes();
    }
  }

  int size() {
    return unsigned.size() + signed.size();
  }

  long bytes() {
    return bytes;
  }

  boolean holdsSigned() {
    return !signed.isEmpty();
  }

  /** The record to give up first when there is no room. */
  Kept mostDispensable() {
    return unsigned.isEmpty() ? signed.first() : unsigned.first();
  }

  /** A record that has expired by {@code now}, in unix seconds. */
  Optional<Kept> expired(double now) {
    for (NavigableSet<Kept> half : List.of(unsigned, signed)) {
      if (!half.isEmpty() && half.first().record().expiration() <= now) {
        return Optional.of(half.first());
      }
    }
    return Optional.empty();
  }

  double latestExpiration() {
    double latest = Double.NEGATIVE_INFINITY;
    for (NavigableSet<Kept> half : List.of(unsigned, signed)) {
      latest = half.isEmpty() ? latest : Math.max(latest, half.last().record().expiration());
    }
    return latest;
  }

  List<Kept> all() {
    List<Kept> all = new ArrayList<>(unsigned);
    all.addAll(signed);
    return all;
  }

  private NavigableSet<Kept> half(Kept kept) {
    return kept.owner() == null ? unsigned : signed;
  }
}
