package org.potluck.dht;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.proto.ResultType;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.DictionaryValue;
import org.potluck.dht.records.RecordVerifier;
import org.potluck.dht.records.UnixSeconds;
import org.potluck.dht.records.Verdict;
import org.potluck.network.PeerId;

/** The signed entries of one key, gathered from several nodes: of each owner the latest. */
final class Harvest {
  /** After so many forged records nothing more of one answer is looked at. */
  private static final int FORGED_MAX = 4;

  private static final int ENTRIES_MAX = 4096;

  private final DhtId key;
  private final RecordVerifier verifier;
  private final Instant now;
  private final Map<PeerId, Grain> newest = new TreeMap<>();

  /** Replicas send the same records; each is judged once. */
  private final Set<DhtRecord> seen = new HashSet<>();

  Harvest(DhtId key, RecordVerifier verifier, Instant now) {
    this.key = key;
    this.verifier = verifier;
    this.now = now;
  }

  private record Grain(DhtRecord record, byte[] payload) {}

  /** Takes in one node's answer. */
  void add(FindResult result) {
    add(read(result));
  }

  void add(Collection<DhtRecord> records) {
    int forged = 0;
    for (DhtRecord record : records) {
      if (!seen.add(record)) {
        continue;
      }
      switch (verifier.judge(record, now)) {
        case Verdict.Signed(var owner, var payload) -> add(owner, new Grain(record, payload));
        case Verdict.Unsigned _ -> {}
        case Verdict.Refused refused -> forged += refused.forged() ? 1 : 0;
      }
      if (forged >= FORGED_MAX) {
        return;
      }
    }
  }

  List<Dht.Entry> entries() {
    List<Dht.Entry> entries = new ArrayList<>();
    newest.forEach(
        (owner, grain) ->
            entries.add(
                new Dht.Entry(
                    owner, grain.payload(), UnixSeconds.toInstant(grain.record().expiration()))));
    return List.copyOf(entries);
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
    if (result.getType() != ResultType.FOUND_DICTIONARY) {
      return List.of();
    }
    Optional<List<DhtRecord>> records = DictionaryValue.decode(key, result.getValue(), ENTRIES_MAX);
    return records.orElse(List.of());
  }

  private void add(PeerId owner, Grain grain) {
    newest.merge(
        owner,
        grain,
        (old, young) -> old.record().expiration() >= young.record().expiration() ? old : young);
  }
}
