package org.potluck.dht;

import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.potluck.dht.proto.FindRequest;
import org.potluck.dht.proto.FindResponse;
import org.potluck.dht.proto.FindResult;
import org.potluck.dht.proto.PingRequest;
import org.potluck.dht.proto.PingResponse;
import org.potluck.dht.proto.StoreRequest;
import org.potluck.dht.proto.StoreResponse;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.DictionaryValue;
import org.potluck.dht.records.UnixSeconds;
import org.potluck.dht.routing.Standing;
import org.potluck.network.EventLoop;
import org.potluck.network.NetworkException;
import org.potluck.network.PeerId;

/** Answers the three calls that other nodes make. */
final class Service {
  /** After so many forged records of one call nothing more of it is looked at. */
  private static final int FORGED_MAX = 4;

  private final EventLoop loop;
  private final Neighbours neighbours;
  private final Shelter shelter;
  private final DhtOptions options;

  Service(EventLoop loop, Neighbours neighbours, Shelter shelter, DhtOptions options) {
    this.loop = loop;
    this.neighbours = neighbours;
    this.shelter = shelter;
    this.options = options;
  }

  CompletableFuture<PingResponse> ping(PeerId caller, PingRequest request) {
    if (!neighbours.admits(caller, 1)) {
      return limited();
    }
    neighbours.heard(caller, request.getPeer());
    PingResponse.Builder answer =
        PingResponse.newBuilder()
            .setPeer(neighbours.ourInfo())
            .setDhtTime(UnixSeconds.of(loop.now()));
    if (!request.getValidate()) {
      return CompletableFuture.completedFuture(answer.build());
    }
    return neighbours
        .calls()
        .ping(caller)
        .handle((_, failure) -> answer.setAvailable(failure == null).build());
  }

  CompletableFuture<StoreResponse> store(PeerId caller, StoreRequest request) {
    int count = request.getKeysCount();
    if (!neighbours.admits(caller, 1 + count)) {
      return limited();
    }
    if (request.getSubkeysCount() != count
        || request.getValuesCount() != count
        || request.getExpirationTimeCount() != count
        || request.getInCacheCount() != count) {
      return malformed(caller, "store takes as many subkeys, values and expirations as keys");
    }
    if (count > Methods.RECORDS_MAX) {
      return refused("store takes up to " + Methods.RECORDS_MAX + " records");
    }
    neighbours.heard(caller, request.getPeer());
    StoreResponse.Builder answer = StoreResponse.newBuilder().setPeer(neighbours.ourInfo());
    int budget = Methods.RECORDS_MAX;
    int forged = 0;
    if (request.getWantNearest()) {
      addNearest(answer, request, caller);
    }
    for (int i = 0; i < count; i++) {
      Optional<List<DhtRecord>> records = records(request, i, budget);
      boolean stored = records.isPresent() && !records.get().isEmpty();
      for (DhtRecord record : records.orElse(List.of())) {
        Shelter.Stored what =
            forged >= FORGED_MAX
                ? Shelter.Stored.REFUSED
                : shelter.store(record, caller, request.getInCache(i), loop.now());
        stored &= what == Shelter.Stored.KEPT;
        forged += what == Shelter.Stored.FORGED ? 1 : 0;
      }
      budget -= records.map(List::size).orElse(0);
      answer.addStoreOk(stored);
    }
    if (forged > 0) {
      neighbours.misdeed(caller, Standing.Misdeed.FORGED);
    }
    return CompletableFuture.completedFuture(answer.build());
  }

  private void addNearest(StoreResponse.Builder answer, StoreRequest request, PeerId caller) {
    request.getKeysList().stream()
        .distinct()
        .limit(Methods.KEYS_MAX)
        .filter(key -> key.size() == DhtId.BYTES)
        .forEach(
            key -> {
              FindResult.Builder nearest = FindResult.newBuilder();
              neighbours.addNearest(nearest, DhtId.ofBytes(key), options.replicas(), caller);
              answer.addNearest(nearest);
            });
  }

  CompletableFuture<FindResponse> find(PeerId caller, FindRequest request) {
    if (!neighbours.admits(caller, 1 + request.getKeysCount())) {
      return limited();
    }
    if (request.getKeysCount() > Methods.KEYS_MAX) {
      return refused("find takes up to " + Methods.KEYS_MAX + " keys");
    }
    neighbours.heard(caller, request.getPeer());
    FindResponse.Builder answer = FindResponse.newBuilder().setPeer(neighbours.ourInfo());
    int room = Methods.ANSWER_VALUE_BYTES_MAX;
    Instant now = loop.now();
    for (var bytes : request.getKeysList()) {
      if (bytes.size() != DhtId.BYTES) {
        return malformed(caller, "a key id has " + DhtId.BYTES + " bytes");
      }
      DhtId key = DhtId.ofBytes(bytes);
      FindResult.Builder result = shelter.find(key, room, now);
      room -= result.getValue().size();
      neighbours.addNearest(result, key, options.bucketSize(), caller);
      answer.addResults(result);
    }
    return CompletableFuture.completedFuture(answer.build());
  }

  /**
   * What {@code newcomer} should keep: records of keys it is nearer to, where this node is the
   * nearest that could hand them over, so that not everybody sends the same.
   *
   * <p>If another contact shares as many bits with this node as a key does, it shares one more with
   * the key and is nearer. So only keys are looked at for whose number of bits there is none: a few
   * narrow parts of the space, however much this node keeps.
   */
  List<DhtRecord> handOff(DhtId newcomer) {
    List<DhtRecord> records = new ArrayList<>();
    if (shelter.empty(loop.now())) {
      return records;
    }
    BitSet taken = neighbours.table().sharedBits(newcomer);
    int deepest = taken.length();
    handOff(newcomer, shelter.keys(neighbours.self(), deepest, loop.now()), records);
    for (int bits = 0; bits < deepest; bits++) {
      if (!taken.get(bits)) {
        DhtId beside = neighbours.self().flip(bits);
        handOff(newcomer, shelter.keys(beside, bits + 1, loop.now()), records);
      }
    }
    return records;
  }

  private void handOff(DhtId newcomer, Set<DhtId> keys, List<DhtRecord> records) {
    for (DhtId key : keys) {
      var nearest = neighbours.table().nearest(key, options.replicas(), newcomer);
      boolean farther =
          nearest.size() >= options.replicas()
              && key.compareDistances(nearest.getLast().id(), newcomer) < 0;
      boolean othersTurn =
          !nearest.isEmpty()
              && key.compareDistances(nearest.getFirst().id(), neighbours.self()) < 0;
      if (records.size() >= Methods.RECORDS_MAX) {
        return;
      }
      if (!farther && !othersTurn) {
        records.addAll(shelter.kept(key, loop.now()));
      }
    }
  }

  private static Optional<List<DhtRecord>> records(StoreRequest request, int i, int budget) {
    if (request.getKeys(i).size() != DhtId.BYTES) {
      return Optional.empty();
    }
    DhtId key = DhtId.ofBytes(request.getKeys(i));
    if (request.getSubkeys(i).equals(DhtRecord.WHOLE_DICTIONARY)) {
      return DictionaryValue.decode(key, request.getValues(i), budget);
    }
    return Optional.of(
        List.of(
            new DhtRecord(
                key, request.getSubkeys(i), request.getValues(i), request.getExpirationTime(i))));
  }

  private static <A> CompletableFuture<A> limited() {
    return CompletableFuture.failedFuture(
        new NetworkException(NetworkException.Reason.LIMITED, "more than one peer may ask for"));
  }

  private <A> CompletableFuture<A> malformed(PeerId caller, String why) {
    neighbours.misdeed(caller, Standing.Misdeed.MALFORMED);
    return refused(why);
  }

  private static <A> CompletableFuture<A> refused(String why) {
    return CompletableFuture.failedFuture(
        new NetworkException(NetworkException.Reason.PROTOCOL_VIOLATION, why));
  }
}
