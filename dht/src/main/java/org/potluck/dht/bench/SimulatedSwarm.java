package org.potluck.dht.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.potluck.dht.DhtOptions;
import org.potluck.dht.KademliaDht;
import org.potluck.network.Multiaddr;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** Many nodes of the DHT in one simulation; each enters through a few random earlier ones. */
final class SimulatedSwarm {
  private static final Duration JOIN_LIMIT = Duration.ofMinutes(10);
  private static final int KNOWN = 4;

  private final Simulation simulation;
  private final PeerProfile profile;
  private final RandomGenerator random;
  private final List<LoopNode> nodes = new ArrayList<>();

  /**
   * @param roundTrip between any two nodes
   */
  SimulatedSwarm(long seed, Duration roundTrip) {
    simulation = new Simulation(seed);
    // Both ends' delays add up, both ways.
    profile = PeerProfile.datacenter().withDelay(roundTrip.dividedBy(4), Duration.ZERO);
    random = simulation.random("swarm");
  }

  Simulation simulation() {
    return simulation;
  }

  List<LoopNode> living() {
    return List.copyOf(nodes);
  }

  /** Adds {@code count} nodes, a few at a time, and waits until all have joined. */
  void grow(int count) {
    for (int added = 0; added < count; ) {
      List<CompletableFuture<Integer>> joining = new ArrayList<>();
      int together = Math.min(count - added, Math.max(1, nodes.size() / 8));
      for (int i = 0; i < together; i++) {
        joining.add(join());
      }
      joining.forEach(one -> simulation.await(one, JOIN_LIMIT));
      added += together;
    }
  }

  /** A new node on its way in. */
  CompletableFuture<Integer> join() {
    SimulatedNetwork network = simulation.addPeer(profile);
    RandomGenerator chance = network.random();
    KademliaDht dht =
        KademliaDht.create(network, new Rpc(network, chance), chance, DhtOptions.DEFAULTS);
    List<Multiaddr> known = new ArrayList<>();
    for (int i = 0; i < Math.min(KNOWN, nodes.size()); i++) {
      known.addAll(nodes.get(random.nextInt(nodes.size())).network().addresses());
    }
    LoopNode[] self = new LoopNode[1];
    self[0] =
        new LoopNode(
            network,
            dht,
            () -> {
              nodes.remove(self[0]);
              dht.close();
              simulation.cutPower(network);
            });
    CompletableFuture<Integer> joined = new CompletableFuture<>();
    network
        .loop()
        .execute(
            () -> {
              var _ =
                  dht.bootstrap(known)
                      .whenComplete(
                          (count, failure) -> {
                            if (failure == null) {
                              nodes.add(self[0]);
                            }
                            joined.complete(failure == null ? count : 0);
                          });
            });
    return joined;
  }
}
