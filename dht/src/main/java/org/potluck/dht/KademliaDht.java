package org.potluck.dht;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.proto.StoreRequest;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.RecordVerifier;
import org.potluck.dht.routing.Contact;
import org.potluck.network.EventLoop;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;

/**
 * One node of the swarm's DHT: Kademlia, speaking hivemind's protocol.
 *
 * <p>Answers others from the moment it is made. A peer that cannot be dialed takes part as a
 * client: it reads and publishes like everybody, and stands in nobody's table.
 */
public final class KademliaDht implements Dht {
  private final Network network;
  private final EventLoop loop;
  private final RandomGenerator random;
  private final DhtOptions options;
  private final RecordVerifier verifier;
  private final Neighbours neighbours;
  private final Shelter shelter;
  private final Service service;

  /** Searches under way, so that those who ask for the same key at once share one. */
  private final Map<DhtId, CompletableFuture<List<Entry>>> reading = new LinkedHashMap<>();

  private List<Multiaddr> known = List.of();
  private EventLoop.@Nullable Timer upkeep;
  private boolean closed;

  private KademliaDht(Network network, Rpc rpc, RandomGenerator random, DhtOptions options) {
    this.network = network;
    this.loop = network.loop();
    this.random = random;
    this.options = options;
    verifier = new RecordVerifier(VALUE_BYTES_MAX, options.lifetimeMax());
    neighbours = new Neighbours(network, rpc, options);
    shelter = new Shelter(verifier, options);
    service = new Service(loop, neighbours, shelter, options);
    neighbours.onNewcomer(this::handOff);
    rpc.serve(Methods.PING, service::ping);
    rpc.serve(Methods.STORE, service::store);
    rpc.serve(Methods.FIND, service::find);
  }

  /** Starts upkeep; separate from the constructor so that no half-made node runs. */
  private KademliaDht begin() {
    upkeep = loop.schedule(options.upkeepPeriod(), this::keepUp);
    return this;
  }

  /**
   * A node that answers others from now on; call on the network's loop.
   *
   * @param rpc over {@code network}
   * @param random draws what is searched for upkeep; decides nothing that must be secret
   */
  public static KademliaDht create(
      Network network, Rpc rpc, RandomGenerator random, DhtOptions options) {
    return new KademliaDht(network, rpc, random, options).begin();
  }

  @Override
  public CompletableFuture<Integer> bootstrap(List<Multiaddr> known) {
    this.known = List.copyOf(known);
    return Bootstrap.start(known, network, neighbours, options.callTimeout())
        .thenCompose(answered -> search(neighbours.self()).thenApply(_ -> answered));
  }

  @Override
  public CompletableFuture<Integer> publish(String key, byte[] value, Instant expiration) {
    Instant now = loop.now();
    if (value.length > VALUE_BYTES_MAX) {
      return refused("an entry has up to " + VALUE_BYTES_MAX + " bytes, not " + value.length);
    }
    if (!expiration.isAfter(now) || expiration.isAfter(now.plus(options.lifetimeMax()))) {
      return refused("an entry expires within " + options.lifetimeMax() + ", not at " + expiration);
    }
    DhtId id = DhtId.ofKey(key);
    DhtRecord record = verifier.sign(network.identity(), id, value, expiration);
    boolean kept = shelter.store(record, false, now);
    // Ids are asked for beside the key itself: the same nodes answer, and none sends its entries.
    return search(id.flip(DhtId.BITS - 1))
        .thenCompose(
            answers -> {
              List<PeerId> nearest = answers.stream().map(one -> one.contact().peer()).toList();
              return Delivery.start(record, nearest, options.replicas(), neighbours, loop);
            })
        .thenApply(accepted -> accepted + (kept ? 1 : 0));
  }

  @Override
  public CompletableFuture<List<Entry>> entries(String key) {
    DhtId id = DhtId.ofKey(key);
    CompletableFuture<List<Entry>> underWay = reading.get(id);
    if (underWay != null) {
      return underWay.copy();
    }
    CompletableFuture<List<Entry>> result = search(id).thenApply(answers -> harvest(id, answers));
    if (!result.isDone()) {
      reading.put(id, result);
      var _ = result.whenComplete((_, _) -> reading.remove(id));
    }
    return result.copy();
  }

  /** Nodes in the routing table. */
  public int contacts() {
    return neighbours.table().size();
  }

  /** Stops upkeep and answers nobody's hand-off any more; the network is the caller's to close. */
  public void close() {
    closed = true;
    if (upkeep != null) {
      upkeep.cancel();
    }
  }

  private CompletableFuture<List<Search.Answer>> search(DhtId target) {
    return Search.start(target, neighbours, loop, options);
  }

  private List<Entry> harvest(DhtId key, List<Search.Answer> answers) {
    Instant now = loop.now();
    Harvest harvest = new Harvest(key, verifier, now);
    harvest.add(shelter.get(key, now));
    answers.forEach(answer -> harvest.add(answer.result()));
    for (DhtRecord record : harvest.records()) {
      shelter.store(record, true, now);
    }
    for (Search.Answer answer : answers) {
      List<DhtRecord> lacking = harvest.lacking(answer.result());
      if (!lacking.isEmpty()) {
        // hivemind's cache_nearest: the nearest node that lacks something is told.
        StoreRequest.Builder request = StoreRequest.newBuilder();
        long bytes = 0;
        for (DhtRecord record : lacking) {
          bytes += record.bytes();
          if (request.getKeysCount() < Methods.RECORDS_MAX
              && bytes <= Methods.ANSWER_VALUE_BYTES_MAX) {
            Service.add(request, record, true);
          }
        }
        var _ = neighbours.store(answer.contact().peer(), request);
        break;
      }
    }
    return harvest.entries();
  }

  private void handOff(Contact newcomer) {
    if (closed || !neighbours.listed()) {
      return;
    }
    StoreRequest.Builder request = service.handOff(newcomer.id());
    if (request.getKeysCount() > 0) {
      var _ = neighbours.store(newcomer.peer(), request);
    }
  }

  /**
   * One bucket that was quiet for long is searched; and one of the peers this one came through is
   * greeted if it stands not in the table, so that a swarm that fell apart finds together again.
   */
  private void keepUp() {
    if (closed) {
      return;
    }
    upkeep = loop.schedule(options.upkeepPeriod(), this::keepUp);
    neighbours
        .table()
        .stale(loop.now(), options.refreshAfter(), random)
        .ifPresent(
            target -> {
              var _ = search(target);
            });
    List<Multiaddr> lost = new ArrayList<>();
    for (Multiaddr address : known) {
      address
          .peer()
          .filter(peer -> !peer.equals(network.self()))
          .filter(peer -> neighbours.table().idOf(peer).isEmpty() && !neighbours.banned(peer))
          .ifPresent(_ -> lost.add(address));
    }
    if (!lost.isEmpty()) {
      Multiaddr address = lost.get(random.nextInt(lost.size()));
      boolean alone = neighbours.table().size() == 0;
      var _ =
          Bootstrap.start(List.of(address), network, neighbours, options.callTimeout())
              .thenAccept(
                  _ -> {
                    if (alone) {
                      var _ = search(neighbours.self());
                    }
                  });
    }
  }

  private static <T> CompletableFuture<T> refused(String why) {
    return CompletableFuture.failedFuture(new IllegalArgumentException(why));
  }
}
