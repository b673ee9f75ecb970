package org.potluck.dht;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.DictionaryValue;
import org.potluck.dht.records.RecordVerifier;
import org.potluck.dht.records.UnixSeconds;
import org.potluck.dht.records.Verdict;
import org.potluck.network.PeerId;

/** What several nodes hold under one key, each record judged, of each subkey the latest. */
final class Harvest {
  /** After so many forged records nothing more of one answer is looked at. */
  private static final int FORGED_MAX = 4;

  private static final int ENTRIES_MAX = 4096;

  private final DhtId key;
  private final RecordVerifier verifier;
  private final Instant now;
  private final Map<ByteString, Grain> newest = new LinkedHashMap<>();

  /** Replicas send the same records; each is judged once. */
  private final Set<DhtRecord> seen = new HashSet<>();

  Harvest(DhtId key, RecordVerifier verifier, Instant now) {
    this.key = key;
    this.verifier = verifier;
    this.now = now;
  }

  private record Grain(DhtRecord record, Verdict verdict) {}

  /** Takes in one node's answer; returns how many of its records were forged. */
  int add(FindResult result) {
    return add(read(result));
  }

  int add(Collection<DhtRecord> records) {
    int forged = 0;
    for (DhtRecord record : records) {
      if (!seen.add(record)) {
        continue;
      }
      Verdict verdict = verifier.judge(record, now);
      if (!(verdict instanceof Verdict.Refused refused)) {
        newest.merge(record.subkey(), new Grain(record, verdict), Harvest::later);
      } else if (refused.forged() && ++forged >= FORGED_MAX) {
        return forged;
      }
    }
    return forged;
  }

  /** Our peers' signed entries, ordered by peer id. */
  List<Dht.Entry> entries() {
    Map<PeerId, Dht.Entry> entries = new TreeMap<>();
    for (Grain grain : newest.values()) {
      if (grain.verdict instanceof Verdict.Signed(PeerId owner, byte[] payload)) {
        Instant expiration = UnixSeconds.toInstant(grain.record.expiration());
        entries.put(owner, new Dht.Entry(owner, payload, expiration));
      }
    }
    return List.copyOf(entries.values());
  }

  List<DhtRecord> records() {
    return newest.values().stream().map(Grain::record).toList();
  }

  /** What of the harvest the node that gave {@code result} lacks. */
  List<DhtRecord> lacking(FindResult result) {
    List<DhtRecord> lacking = new ArrayList<>(records());
    lacking.removeAll(new HashSet<>(read(result)));
    return lacking;
  }

  private List<DhtRecord> read(FindResult result) {
    return switch (result.getType()) {
      case FOUND_DICTIONARY -> {
        Optional<List<DhtRecord>> records =
            DictionaryValue.decode(key, result.getValue(), ENTRIES_MAX);
        yield records.orElse(List.of());
      }
      case FOUND_REGULAR ->
          List.of(
              new DhtRecord(key, DhtRecord.PLAIN, result.getValue(), result.getExpirationTime()));
      case NOT_FOUND, UNRECOGNIZED -> List.of();
    };
  }

  private static Grain later(Grain old, Grain young) {
    return old.record.expiration() >= young.record.expiration() ? old : young;
  }
}
