package org.potluck.dht;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.RecordVerifier;
import org.potluck.dht.routing.Contact;
import org.potluck.network.EventLoop;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
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
  final Service service;
  private final Lookup lookup;
  private final Publisher publisher;
  private final Reader reader;

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
    lookup = new Lookup(neighbours, loop, options);
    publisher = new Publisher(lookup, neighbours, loop, options);
    reader = new Reader(lookup, neighbours, shelter, verifier, loop);
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
        .thenCompose(answered -> lookup.introduce().thenApply(_ -> answered));
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
    return publisher.publish(record).thenApply(accepted -> accepted + (kept ? 1 : 0));
  }

  @Override
  public CompletableFuture<List<Entry>> entries(String key) {
    return reader.latest(DhtId.ofKey(key)).thenApply(Harvest::entries);
  }

  @Override
  public CompletableFuture<List<Entry>> recent(String key) {
    return reader.recent(DhtId.ofKey(key)).thenApply(Harvest::entries);
  }

  /** Nodes in the routing table. */
  public int contacts() {
    return neighbours.table().size();
  }

  /** Stops upkeep and answers nobody's hand-off any more; the network is the caller's to close. */
  public void close() {
    closed = true;
    reader.close();
    if (upkeep != null) {
      upkeep.cancel();
    }
  }

  private void handOff(Contact newcomer) {
    if (closed || !neighbours.listed()) {
      return;
    }
    for (DhtRecord record : service.handOff(newcomer.id())) {
      neighbours.calls().offer(newcomer.peer(), record, false);
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
              var _ = lookup.explore(target);
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
                      var _ = lookup.introduce();
                    }
                  });
    }
  }

  private static <T> CompletableFuture<T> refused(String why) {
    return CompletableFuture.failedFuture(new IllegalArgumentException(why));
  }
}
