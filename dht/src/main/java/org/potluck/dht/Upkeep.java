package org.potluck.dht;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.potluck.dht.routing.Contact;
import org.potluck.network.EventLoop;
import org.potluck.network.Multiaddr;
import org.potluck.network.Network;
import org.potluck.network.PeerId;

/**
 * What a node does by itself, every half minute: searches a bucket that was quiet for long, asks
 * contacts it has not heard of whether they live, saves addresses, and looks after the peers it
 * came through.
 *
 * <p>A swarm can fall apart, or two can grow from one set of seeds that could not see each other.
 * Neither half notices: to itself it is whole. So a seed that stands not in the table is asked now
 * and then whom it knows near this node. Strangers among its answer mean that there is more to the
 * swarm; they are met, and then this node makes itself known around its place anew. As everybody on
 * either side does so, the halves grow together around every key.
 */
final class Upkeep {
  /** A contact not heard of for so long is asked. */
  private static final Duration QUIET_AFTER = Duration.ofMinutes(10);

  /** Of so many contacts one is asked at a time, so that all are within the hour. */
  private static final int CONTACTS_PER_QUESTION = 100;

  /** In a large swarm each node asks the seeds less often, so that they are not flooded. */
  private static final int CONTACTS_PER_WAIT = 20;

  /** A first connection to a busy machine may take several times as long as a call. */
  private static final int DIAL_FACTOR = 4;

  private static final Duration SAVE_AFTER = Duration.ofMinutes(2);
  private static final int SAVED_MAX = 64;

  private final Network network;
  private final EventLoop loop;
  private final Neighbours neighbours;
  private final Lookup lookup;
  private final DhtOptions options;
  private final RandomGenerator random;
  private final SavedPeers saved;
  private final List<Multiaddr> seeds = new ArrayList<>();
  private EventLoop.@Nullable Timer timer;
  private Instant savedAt = Instant.MIN;
  private int turn;
  private boolean closed;

  Upkeep(
      Network network,
      Neighbours neighbours,
      Lookup lookup,
      DhtOptions options,
      RandomGenerator random,
      SavedPeers saved) {
    this.network = network;
    this.loop = network.loop();
    this.neighbours = neighbours;
    this.lookup = lookup;
    this.options = options;
    this.random = random;
    this.saved = saved;
  }

  void begin() {
    timer = loop.schedule(options.upkeepPeriod(), this::turn);
  }

  void close() {
    savedAt = Instant.MIN;
    save();
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
  }

  /**
   * Enters the network of {@code known}, or of the peers saved earlier where none of them answers.
   * Who names nobody need not wait: the saved ones are greeted meanwhile.
   */
  CompletableFuture<Integer> enter(List<Multiaddr> known) {
    seeds.clear();
    seeds.addAll(known);
    List<Multiaddr> earlier = saved.load();
    CompletableFuture<Integer> greeted = greet(known);
    if (known.isEmpty() && !earlier.isEmpty()) {
      comeBack();
    }
    return (earlier.isEmpty() || known.isEmpty()
            ? greeted
            : greeted.exceptionallyCompose(
                failure ->
                    greet(earlier)
                        .exceptionallyCompose(_ -> CompletableFuture.failedFuture(failure))))
        .thenCompose(answered -> lookup.introduce().thenApply(_ -> answered))
        .whenComplete((_, _) -> save());
  }

  private CompletableFuture<Integer> greet(List<Multiaddr> known) {
    Duration timeout = options.callTimeout().multipliedBy(DIAL_FACTOR);
    return Bootstrap.start(known, network, neighbours, timeout);
  }

  private void turn() {
    if (closed) {
      return;
    }
    timer = loop.schedule(options.upkeepPeriod(), this::turn);
    turn++;
    neighbours
        .table()
        .stale(loop.now(), options.refreshAfter(), random)
        .ifPresent(
            target -> {
              var _ = lookup.explore(target);
            });
    askTheQuiet();
    if (neighbours.table().size() == 0) {
      comeBack();
    } else {
      lookAfterSeeds();
      save();
    }
  }

  /** Who does not answer leaves the table, see {@link Neighbours#failed}. */
  private void askTheQuiet() {
    int count = 1 + neighbours.table().size() / CONTACTS_PER_QUESTION;
    for (Contact contact : neighbours.table().quiet(count, loop.now().minus(QUIET_AFTER))) {
      var _ = neighbours.calls().ping(contact.peer());
    }
  }

  /** Everybody is lost: whoever was known once may be back. */
  private void comeBack() {
    List<Multiaddr> everybody = new ArrayList<>(seeds);
    everybody.addAll(saved.load());
    var _ =
        greet(everybody)
            .thenAccept(
                _ -> {
                  var _ = lookup.introduce().whenComplete((_, _) -> save());
                });
  }

  private void lookAfterSeeds() {
    int every = 1 + neighbours.table().size() / CONTACTS_PER_WAIT;
    if (turn % every != 0) {
      return;
    }
    Map<PeerId, List<Multiaddr>> lost = new LinkedHashMap<>();
    for (Multiaddr address : seeds) {
      address
          .peer()
          .filter(peer -> !peer.equals(network.self()))
          .filter(peer -> neighbours.table().idOf(peer).isEmpty())
          .ifPresent(peer -> lost.computeIfAbsent(peer, _ -> new ArrayList<>()).add(address));
    }
    if (!lost.isEmpty()) {
      List<PeerId> peers = List.copyOf(lost.keySet());
      PeerId peer = peers.get(random.nextInt(peers.size()));
      network.remember(peer, lost.getOrDefault(peer, List.of()));
      var _ =
          neighbours
              .calls()
              .find(peer, neighbours.self())
              .thenAccept(result -> meet(neighbours.contacts(result)));
    }
  }

  private void meet(List<Contact> named) {
    List<CompletableFuture<?>> meetings = new ArrayList<>();
    for (Contact contact : named) {
      if (!neighbours.table().contains(contact.id())) {
        meetings.add(neighbours.calls().ping(contact.peer()));
      }
    }
    if (!meetings.isEmpty()) {
      var _ =
          CompletableFuture.allOf(meetings.toArray(CompletableFuture[]::new))
              .whenComplete(
                  (_, _) -> {
                    var _ = lookup.introduce();
                  });
    }
  }

  private void save() {
    if (closed || savedAt.isAfter(loop.now().minus(SAVE_AFTER))) {
      return;
    }
    List<Contact> recent = new ArrayList<>(neighbours.table().quiet(Integer.MAX_VALUE, loop.now()));
    Map<PeerId, Multiaddr> addresses = new LinkedHashMap<>();
    for (Contact contact : recent.reversed()) {
      network.addressesOf(contact.peer()).stream()
          .limit(1)
          .forEach(address -> addresses.put(contact.peer(), address));
      if (addresses.size() >= SAVED_MAX) {
        break;
      }
    }
    if (!addresses.isEmpty()) {
      savedAt = loop.now();
      // Whoever is out of sight may be back one day: room that is left is theirs.
      for (Multiaddr earlier : saved.load()) {
        earlier
            .peer()
            .filter(peer -> !peer.equals(network.self()))
            .ifPresent(peer -> addresses.putIfAbsent(peer, earlier));
      }
      saved.save(addresses.values().stream().limit(SAVED_MAX).toList());
    }
  }
}
