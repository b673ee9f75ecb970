package org.potluck.dht.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.potluck.dht.KademliaDht;
import org.potluck.dht.records.DhtId;

/**
 * A large swarm in which nodes come and go, for a while of virtual time.
 *
 * <p>Sessions are exponential, so that who has been there long leaves no less likely. A node that
 * leaves goes dark without a word, and a new one enters for it. Some nodes keep an entry each,
 * which they renew every five minutes for ten, as the protocols above do; random nodes read entries
 * whose owner is there. Each node keeps its newest 128 connections.
 */
public final class Churn {
  private static final Duration RENEWAL = Duration.ofMinutes(5);
  private static final Duration LIFETIME = Duration.ofMinutes(10);
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final int OWNERS = 300;
  private static final int CONNECTIONS_MAX = 128;

  private final SimulatedSwarm swarm;
  private final RandomGenerator random;
  private final Map<LoopNode, Long> leaving = new HashMap<>();
  private final Map<LoopNode, Long> renewing = new LinkedHashMap<>();
  private final Set<LoopNode> published = new LinkedHashSet<>();
  private final Map<LoopNode, Integer> reading = new HashMap<>();
  private final double sessionSecondsMean;
  private final int readsPerSecond;
  private final long[] hops = new long[64];
  private long calls;
  private long routes;
  private long reads;
  private long found;
  private long left;

  private Churn(SimulatedSwarm swarm, Duration medianSession, int readsPerSecond) {
    this.swarm = swarm;
    this.readsPerSecond = readsPerSecond;
    random = swarm.simulation().random("churn");
    sessionSecondsMean = medianSession.toSeconds() / Math.log(2);
  }

  /**
   * What happened.
   *
   * @param nodes at any time
   * @param left nodes that left, as many came
   * @param reads of entries whose owner was there at the beginning of the read
   * @param found how many of them brought the entry
   * @param hopsMean of searches without memory, beside the reads
   * @param hops99 the 99th percentile of the same
   * @param callsMean find calls of the same
   * @param events of the simulator
   * @param seconds by the wall clock, with building the swarm
   */
  public record Outcome(
      int nodes,
      long left,
      long reads,
      long found,
      double hopsMean,
      int hops99,
      double callsMean,
      long events,
      double seconds) {}

  /**
   * Runs {@code length} of virtual time.
   *
   * @param medianSession how long half of the nodes stay at least; zero or less for a swarm in
   *     which nobody leaves
   */
  public static Outcome run(
      long seed, int nodes, Duration medianSession, Duration length, int readsPerSecond) {
    return run(seed, nodes, medianSession, length, readsPerSecond, _ -> {});
  }

  /**
   * The same.
   *
   * @param soFar hears what has happened, once the swarm stands and every virtual minute
   */
  static Outcome run(
      long seed,
      int nodes,
      Duration medianSession,
      Duration length,
      int readsPerSecond,
      Consumer<Outcome> soFar) {
    long start = System.nanoTime();
    SimulatedSwarm swarm = new SimulatedSwarm(seed, Duration.ofMillis(100));
    swarm.grow(nodes);
    Churn churn = new Churn(swarm, medianSession, readsPerSecond);
    long end = swarm.simulation().elapsed().plus(length).toNanos();
    churn.tick(end);
    for (long minute = 0; minute < length.toMinutes(); minute++) {
      soFar.accept(churn.outcome(nodes, (System.nanoTime() - start) / 1e9));
      swarm.simulation().runFor(Duration.ofMinutes(1));
    }
    swarm.simulation().runFor(length.minusMinutes(length.toMinutes()).plusSeconds(10));
    return churn.outcome(nodes, (System.nanoTime() - start) / 1e9);
  }

  private Outcome outcome(int nodes, double seconds) {
    double sum = 0;
    for (int i = 0; i < hops.length; i++) {
      sum += (double) i * hops[i];
    }
    int at = 0;
    for (long seen = hops[0]; seen < 0.99 * routes && at < hops.length - 1; seen += hops[at]) {
      at++;
    }
    return new Outcome(
        nodes,
        left,
        reads,
        found,
        sum / routes,
        at,
        (double) calls / routes,
        swarm.simulation().events(),
        seconds);
  }

  /** One second: who leaves leaves, who owns renews, some read. */
  private void tick(long end) {
    long now = swarm.simulation().elapsed().toNanos();
    if (now >= end) {
      return;
    }
    swarm.simulation().at(TICK, () -> tick(end));
    List<LoopNode> living = swarm.living();
    for (LoopNode node : living) {
      if (sessionSecondsMean > 0 && leaving.computeIfAbsent(node, _ -> session(now)) <= now) {
        leaving.remove(node);
        renewing.remove(node);
        // What it was reading will never be known.
        reads -= reading.getOrDefault(node, 0);
        reading.remove(node);
        node.kill();
        left++;
        var _ = swarm.join();
      }
    }
    living = swarm.living();
    for (int i = 0; renewing.size() < OWNERS && i < OWNERS / 10; i++) {
      renewing.putIfAbsent(living.get(random.nextInt(living.size())), now);
    }
    for (LoopNode owner : List.copyOf(renewing.keySet())) {
      if (renewing.getOrDefault(owner, now) <= now) {
        renewing.put(owner, now + RENEWAL.toNanos());
        var _ = owner.store(owner.owner(), "v", LIFETIME).thenAccept(_ -> published.add(owner));
      }
    }
    published.retainAll(renewing.keySet());
    List<LoopNode> owners = List.copyOf(published);
    for (int i = 0; i < readsPerSecond && !owners.isEmpty(); i++) {
      read(living.get(random.nextInt(living.size())), owners.get(random.nextInt(owners.size())));
    }
    for (int i = 0; i < 1 + living.size() / 30; i++) {
      trim(living.get(random.nextInt(living.size())));
    }
  }

  private long session(long now) {
    return now + Math.round(-Math.log(1 - random.nextDouble()) * sessionSecondsMean * 1e9);
  }

  private void read(LoopNode reader, LoopNode owner) {
    reads++;
    reading.merge(reader, 1, Integer::sum);
    var _ =
        reader
            .get(owner.owner())
            .thenAccept(
                values -> {
                  reading.merge(reader, -1, Integer::sum);
                  found += values.containsKey(owner.owner()) ? 1 : 0;
                });
    DhtId target = new DhtId(random.nextLong(), random.nextLong(), random.nextInt());
    KademliaDht dht = (KademliaDht) reader.dht();
    reader
        .network()
        .loop()
        .execute(
            () -> {
              var _ = dht.route(target).thenAccept(this::walked);
            });
  }

  private void walked(KademliaDht.Route route) {
    routes++;
    calls += route.calls();
    hops[Math.min(route.hops(), hops.length - 1)]++;
  }

  private static void trim(LoopNode node) {
    node.network()
        .loop()
        .execute(
            () -> {
              var connected = node.network().connectedPeers();
              int surplus = connected.size() - CONNECTIONS_MAX;
              for (int i = 0; i < surplus; i++) {
                node.network().disconnect(connected.get(i));
              }
            });
  }

  /**
   * Arguments: nodes, minutes, median session in minutes, reads per second, seed. Says every
   * virtual minute how it stands, as large swarms take long.
   */
  public static void main(String[] arguments) {
    int nodes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10_000;
    long minutes = arguments.length > 1 ? Long.parseLong(arguments[1]) : 60;
    long session = arguments.length > 2 ? Long.parseLong(arguments[2]) : 30;
    int reads = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 5;
    long seed = arguments.length > 4 ? Long.parseLong(arguments[4]) : 1;
    System.out.println(
        run(
            seed,
            nodes,
            Duration.ofMinutes(session),
            Duration.ofMinutes(minutes),
            reads,
            System.out::println));
  }
}
