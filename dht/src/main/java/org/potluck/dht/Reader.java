package org.potluck.dht;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.RecordVerifier;
import org.potluck.dht.records.UnixSeconds;
import org.potluck.dht.routing.Standing;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/**
 * Reads keys, and keeps what was read so that the next reader, here or at the nodes near the key,
 * has it sooner (hivemind's {@code cache_locally} and {@code cache_nearest}).
 */
final class Reader {
  /** So long before it expires, a cached answer that was used is fetched anew, as in hivemind. */
  private static final Duration REFRESH_BEFORE = Duration.ofSeconds(5);

  private static final int REFRESHED_MAX = 1024;

  private final Lookup lookup;
  private final Neighbours neighbours;
  private final Shelter shelter;
  private final RecordVerifier verifier;
  private final EventLoop loop;
  private final PeerId us;

  /** Searches under way, so that those who ask for the same key at once share one. */
  private final Map<DhtId, CompletableFuture<Harvest>> reading = new LinkedHashMap<>();

  /** Keys that will be fetched anew. */
  private final Map<DhtId, EventLoop.Timer> refreshing = new HashMap<>();

  Reader(
      Lookup lookup,
      Neighbours neighbours,
      Shelter shelter,
      RecordVerifier verifier,
      EventLoop loop,
      PeerId us) {
    this.lookup = lookup;
    this.neighbours = neighbours;
    this.shelter = shelter;
    this.verifier = verifier;
    this.loop = loop;
    this.us = us;
  }

  /** Everything under {@code key}, merged from the nodes nearest to it. */
  CompletableFuture<Harvest> latest(DhtId key) {
    CompletableFuture<Harvest> underWay = reading.get(key);
    if (underWay != null) {
      return underWay.copy();
    }
    CompletableFuture<Harvest> result = lookup.read(key).thenApply(found -> harvest(key, found));
    if (!result.isDone()) {
      reading.put(key, result);
      var _ = result.whenComplete((_, _) -> reading.remove(key));
    }
    return result.copy();
  }

  /** Anything that is valid still and was read or stored here, else the latest. */
  CompletableFuture<Harvest> recent(DhtId key) {
    Instant now = loop.now();
    Harvest held = new Harvest(key, verifier, now);
    int _ = held.add(shelter.get(key, now));
    if (held.records().isEmpty()) {
      return latest(key);
    }
    refreshLater(key, held, now);
    return CompletableFuture.completedFuture(held);
  }

  void close() {
    refreshing.values().forEach(EventLoop.Timer::cancel);
    refreshing.clear();
  }

  private void refreshLater(DhtId key, Harvest held, Instant now) {
    if (refreshing.containsKey(key) || refreshing.size() >= REFRESHED_MAX) {
      return;
    }
    double first =
        held.records().stream().mapToDouble(DhtRecord::expiration).min().orElse(Double.MAX_VALUE);
    Duration until = Duration.between(now, UnixSeconds.toInstant(first)).minus(REFRESH_BEFORE);
    EventLoop.Timer timer =
        loop.schedule(
            until.isNegative() ? Duration.ZERO : until,
            () -> {
              refreshing.remove(key);
              var _ = latest(key);
            });
    refreshing.put(key, timer);
  }

  private Harvest harvest(DhtId key, Search.Found found) {
    Instant now = loop.now();
    Harvest harvest = new Harvest(key, verifier, now);
    int _ = harvest.add(shelter.get(key, now));
    for (Search.Answer answer : found.answers()) {
      if (harvest.add(answer.result()) > 0) {
        neighbours.misdeed(answer.contact().peer(), Standing.Misdeed.FORGED);
      }
    }
    for (DhtRecord record : harvest.records()) {
      Shelter.Stored _ = shelter.store(record, us, true, now);
    }
    for (Search.Answer answer : found.answers()) {
      List<DhtRecord> lacking = harvest.lacking(answer.result());
      if (!lacking.isEmpty()) {
        // hivemind's cache_nearest: the nearest node that lacks something is told.
        for (DhtRecord record : lacking) {
          neighbours.calls().offer(answer.contact().peer(), record, true);
        }
        break;
      }
    }
    return harvest;
  }
}
