package org.potluck.dht;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.RecordVerifier;
import org.potluck.dht.records.Schema;
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
  private final DhtOptions options;
  private final RecordVerifier verifier;
  private final Neighbours neighbours;
  private final Shelter shelter;
  final Service service;
  private final Lookup lookup;
  private final Publisher publisher;
  private final Reader reader;

  private final Upkeep upkeep;
  private boolean closed;

  private KademliaDht(
      Network network, Rpc rpc, RandomGenerator random, DhtOptions options, SavedPeers saved) {
    this.network = network;
    this.loop = network.loop();
    this.options = options;
    verifier = new RecordVerifier(VALUE_BYTES_MAX, options.lifetimeMax());
    neighbours = new Neighbours(network, rpc, options);
    shelter = new Shelter(verifier, options);
    service = new Service(loop, neighbours, shelter, options);
    lookup = new Lookup(neighbours, loop, options);
    publisher = new Publisher(lookup, neighbours, loop, options);
    reader = new Reader(lookup, neighbours, shelter, verifier, loop, network.self());
    upkeep = new Upkeep(network, neighbours, lookup, options, random, saved);
    neighbours.onNewcomer(this::handOff);
    rpc.serve(Methods.PING, service::ping);
    rpc.serve(Methods.STORE, service::store);
    rpc.serve(Methods.FIND, service::find);
  }

  /** Starts upkeep; separate from the constructor so that no half-made node runs. */
  private KademliaDht begin() {
    upkeep.begin();
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
    return create(network, rpc, random, options, SavedPeers.NONE);
  }

  /**
   * The same, with a memory of other peers' addresses that outlives it.
   *
   * @param saved where they are kept
   */
  public static KademliaDht create(
      Network network, Rpc rpc, RandomGenerator random, DhtOptions options, SavedPeers saved) {
    return new KademliaDht(network, rpc, random, options, saved).begin();
  }

  @Override
  public CompletableFuture<Integer> bootstrap(List<Multiaddr> known) {
    return upkeep.enter(List.copyOf(known));
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
    boolean kept = keep(record, now);
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

  @Override
  public void require(String key, Predicate<byte[]> shape) {
    verifier.require(DhtId.ofKey(key), (_, payload) -> shape.test(payload.toByteArray()));
  }

  /** The same for hivemind's records, whose subkeys and values are MessagePack. */
  public void require(DhtId key, Schema schema) {
    verifier.require(key, schema);
  }

  /**
   * Reads a key as hivemind does: one plain value, or the entries of a dictionary, whoever wrote
   * them; those with an owner are signed by it.
   */
  public CompletableFuture<List<DhtRecord>> records(DhtId key) {
    return reader.latest(key).thenApply(Harvest::records);
  }

  /**
   * Brings a record of any accepted form to the nodes nearest to its key.
   *
   * @return completes with the number of nodes that accepted it, this one included
   */
  public CompletableFuture<Integer> store(DhtRecord record) {
    boolean kept = keep(record, loop.now());
    return publisher.publish(record).thenApply(accepted -> accepted + (kept ? 1 : 0));
  }

  /**
   * Finds out at which addresses {@code peer} can be dialed, where only its id is known; they then
   * stand in the network's address book. Completes with whether there are any.
   */
  public CompletableFuture<Boolean> locate(PeerId peer) {
    return neighbours.locate(peer);
  }

  /**
   * Walks to the nodes nearest to {@code target} without using memory, to see how far it is.
   *
   * @return completes with what the walk took; never fails
   */
  public CompletableFuture<Route> route(DhtId target) {
    return lookup
        .explore(target)
        .thenApply(found -> new Route(found.hops(), found.calls(), found.answers().size()));
  }

  /**
   * What a search took.
   *
   * @param hops calls one after the other that led to the farthest of the nodes that would hold a
   *     record
   * @param calls find calls in all
   * @param answers nodes that answered
   */
  public record Route(int hops, int calls, int answers) {}

  /** Nodes in the routing table. */
  public int contacts() {
    return neighbours.table().size();
  }

  /** Stops upkeep and answers nobody's hand-off any more; the network is the caller's to close. */
  public void close() {
    closed = true;
    reader.close();
    upkeep.close();
  }

  private boolean keep(DhtRecord record, Instant now) {
    return shelter.store(record, network.self(), false, now) == Shelter.Stored.KEPT;
  }

  private void handOff(Contact newcomer) {
    if (closed || !neighbours.listed()) {
      return;
    }
    for (DhtRecord record : service.handOff(newcomer.id())) {
      neighbours.calls().offer(newcomer.peer(), record, false);
    }
  }

  private static <T> CompletableFuture<T> refused(String why) {
    return CompletableFuture.failedFuture(new IllegalArgumentException(why));
  }
}
