package org.potluck.dht;

import com.google.protobuf.MessageLite;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.potluck.network.Multiaddr;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.rpc.UnaryHandler;
import org.potluck.network.rpc.UnaryMethod;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

/** Nodes of the DHT in one simulation, each entered through a random earlier one. */
final class Swarm {
  static final Duration LIMIT = Duration.ofMinutes(2);

  final Simulation simulation;
  final PeerProfile profile;
  final List<SimulatedNetwork> networks = new ArrayList<>();
  final List<Rpc> rpcs = new ArrayList<>();
  final List<KademliaDht> nodes = new ArrayList<>();

  Swarm(long seed, Duration oneWay) {
    simulation = new Simulation(seed);
    profile = PeerProfile.datacenter().withDelay(oneWay.dividedBy(2), Duration.ZERO);
  }

  static Swarm of(int nodes, long seed) {
    Swarm swarm = new Swarm(seed, Duration.ofMillis(25));
    swarm.grow(nodes);
    return swarm;
  }

  void grow(int count) {
    for (int i = 0; i < count; i++) {
      List<Multiaddr> known =
          networks.isEmpty()
              ? List.of()
              : networks
                  .get(simulation.random("entry " + nodes.size()).nextInt(networks.size()))
                  .addresses();
      await(add(profile).bootstrap(known));
    }
  }

  KademliaDht add(PeerProfile profile) {
    return add(profile, SavedPeers.NONE);
  }

  KademliaDht add(PeerProfile profile, SavedPeers saved) {
    SimulatedNetwork network = simulation.addPeer(profile);
    Rpc rpc = new Rpc(network, simulation.random("rpc " + nodes.size()));
    KademliaDht node =
        KademliaDht.create(
            network, rpc, simulation.random("node " + nodes.size()), DhtOptions.DEFAULTS, saved);
    networks.add(network);
    rpcs.add(rpc);
    nodes.add(node);
    return node;
  }

  void kill(int index) {
    nodes.get(index).close();
    simulation.crash(networks.get(index));
  }

  /** The machine of node {@code index} goes dark. */
  void cutPower(int index) {
    simulation.cutPower(networks.get(index));
  }

  int publish(int index, String key, String value, Duration lifetime) {
    return await(
        nodes
            .get(index)
            .publish(
                key,
                value.getBytes(StandardCharsets.UTF_8),
                simulation.clock().instant().plus(lifetime)));
  }

  /** Values under {@code key} as node {@code index} reads them, in the order of their owners. */
  List<String> read(int index, String key) {
    return await(nodes.get(index).entries(key)).stream()
        .map(entry -> new String(entry.value(), StandardCharsets.UTF_8))
        .toList();
  }

  /** The same from what node {@code index} holds already. */
  List<String> recent(int index, String key) {
    return await(nodes.get(index).recent(key)).stream()
        .map(entry -> new String(entry.value(), StandardCharsets.UTF_8))
        .toList();
  }

  /** Counts the calls of {@code method} at all nodes from now on. */
  <Q extends MessageLite, A extends MessageLite> void countCalls(
      UnaryMethod<Q, A> method,
      Function<Service, UnaryHandler<Q, A>> answers,
      int[] counts,
      int at) {
    for (int i = 0; i < nodes.size(); i++) {
      UnaryHandler<Q, A> served = answers.apply(nodes.get(i).service);
      rpcs.get(i)
          .serve(
              method,
              (caller, request) -> {
                counts[at]++;
                return served.answer(caller, request);
              });
    }
  }

  <T> T await(CompletableFuture<T> future) {
    return simulation.await(future, LIMIT);
  }
}
