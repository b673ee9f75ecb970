package org.potluck.dht;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.proto.ResultType;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.DictionaryValue;
import org.potluck.dht.records.RecordVerifier;
import org.potluck.dht.records.UnixSeconds;
import org.potluck.dht.records.Verdict;
import org.potluck.dht.storage.Storage;
import org.potluck.network.PeerId;

/** What this node holds, behind the verifier: nothing gets in that was not judged. */
final class Shelter {
  private final RecordVerifier verifier;
  private final Storage own;
  private final Storage cache;

  Shelter(RecordVerifier verifier, DhtOptions options) {
    this.verifier = verifier;
    own = new Storage(options.storage());
    cache = new Storage(options.cache());
  }

  /** What became of a record. */
  enum Stored {
    KEPT,
    REFUSED,
    /** Its signature is not that of its owner, which no honest node would bring. */
    FORGED;

    private static Stored of(boolean kept) {
      return kept ? KEPT : REFUSED;
    }
  }

  /**
   * Keeps {@code record} if it is good and there is room.
   *
   * @param bringer who pays for it with its share of the room, where nobody signed
   */
  Stored store(DhtRecord record, PeerId bringer, boolean inCache, Instant now) {
    Storage storage = inCache ? cache : own;
    double seconds = UnixSeconds.of(now);
    return switch (verifier.judge(record, now)) {
      case Verdict.Refused(_, boolean forged) -> forged ? Stored.FORGED : Stored.REFUSED;
      case Verdict.Unsigned _ -> Stored.of(storage.store(record, null, bringer, seconds));
      case Verdict.RsaSigned(var owner, _) ->
          Stored.of(storage.store(record, owner, owner, seconds));
      case Verdict.Signed(var owner, _) -> Stored.of(storage.store(record, owner, owner, seconds));
    };
  }

  /** The live records under {@code key}, of two for one subkey the later. */
  Collection<DhtRecord> get(DhtId key, Instant now) {
    double seconds = UnixSeconds.of(now);
    List<DhtRecord> kept = own.get(key, seconds);
    List<DhtRecord> cached = cache.get(key, seconds);
    if (kept.isEmpty() || cached.isEmpty()) {
      return kept.isEmpty() ? cached : kept;
    }
    if (kept.getFirst().plain() != cached.getFirst().plain()) {
      return kept;
    }
    Map<ByteString, DhtRecord> newest = new LinkedHashMap<>();
    for (List<DhtRecord> records : List.of(kept, cached)) {
      for (DhtRecord record : records) {
        newest.merge(record.subkey(), record, (a, b) -> a.expiration() >= b.expiration() ? a : b);
      }
    }
    return newest.values();
  }

  /** The same as a result of a find call; says "omitted" rather than exceed {@code bytesMax}. */
  FindResult.Builder find(DhtId key, int bytesMax, Instant now) {
    FindResult.Builder result = FindResult.newBuilder();
    Collection<DhtRecord> records = get(key, now);
    if (records.isEmpty()) {
      return result;
    }
    if (records.stream().mapToLong(DhtRecord::bytes).sum() > bytesMax) {
      return result.setOmitted(true);
    }
    DhtRecord first = records.iterator().next();
    double latest = records.stream().mapToDouble(DhtRecord::expiration).max().orElse(0);
    result.setExpirationTime(latest);
    return first.plain()
        ? result.setType(ResultType.FOUND_REGULAR).setValue(first.value())
        : result.setType(ResultType.FOUND_DICTIONARY).setValue(DictionaryValue.encode(records));
  }

  /** Whether this node keeps nothing, caches apart. */
  boolean empty(Instant now) {
    return own.empty(UnixSeconds.of(now));
  }

  /** Keys that share their first {@code bits} bits with {@code prefix}, caches apart. */
  Set<DhtId> keys(DhtId prefix, int bits, Instant now) {
    return own.keys(prefix, bits, UnixSeconds.of(now));
  }

  List<DhtRecord> kept(DhtId key, Instant now) {
    return own.get(key, UnixSeconds.of(now));
  }
}
