package org.potluck.dht.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.potluck.network.Multiaddr;

/**
 * The cases of {@code bench dht}.
 *
 * <p>{@code 16-nodes} has the shape and the defaults of hivemind's own script: processes on one
 * machine, connections encrypted, 10 rounds at a time, begun as soon as all have joined. {@code
 * 16-nodes-one-at-a-time} runs one round at a time, so that it shows latency where the other shows
 * throughput. Both begin with virtual machines that have compiled next to nothing, as that script
 * would; {@code 16-nodes-warm} and {@code 16-nodes-warm-one-at-a-time} are the same with nodes that
 * have been at it before, as those of a swarm are after a minute. The cases of 1,024 nodes run in
 * one process over the simulated network: once without any delay, timed by the wall clock, which
 * shows what the DHT itself costs; once with 100 ms round trips and a fifth of the nodes leaving,
 * timed in virtual seconds.
 */
public final class DhtBench {
  private static final int PROCESSES = 16;
  private static final int INITIAL = 4;

  /** An owner has room for 256 records in all; with these a node has written some 170. */
  private static final int WARM_UPS = 2;

  private static final int MANY = 1024;
  private static final int MANY_ROUNDS = 4;
  private static final double CHURN = 0.2;

  private DhtBench() {}

  /**
   * One measurement.
   *
   * @param name of the case
   * @param metrics name to figure; seconds, or shares from 0 to 1
   */
  public record Case(String name, Map<String, Double> metrics) {}

  /** All cases, those in processes first. */
  public static List<Case> run(long seed) throws IOException, InterruptedException {
    List<Case> cases = new ArrayList<>(List.of(processes(seed, false), processes(seed, true)));
    cases.addAll(warm(seed));
    cases.add(oneProcess(seed));
    cases.add(simulated(seed));
    return cases;
  }

  /** The cases {@code 16-nodes} and {@code 16-nodes-one-at-a-time}. */
  public static Case processes(long seed, boolean oneAtATime)
      throws IOException, InterruptedException {
    List<NodeProcess> nodes = new ArrayList<>();
    try {
      start(nodes);
      Shape shape = oneAtATime ? Shape.HIVEMIND.withWorkers(1) : Shape.HIVEMIND;
      return measure(oneAtATime ? "16-nodes-one-at-a-time" : "16-nodes", nodes, shape, seed);
    } finally {
      nodes.forEach(NodeProcess::close);
    }
  }

  /** The cases {@code 16-nodes-warm-one-at-a-time} and {@code 16-nodes-warm}. */
  public static List<Case> warm(long seed) throws IOException, InterruptedException {
    List<NodeProcess> nodes = new ArrayList<>();
    try {
      start(nodes);
      for (int i = 0; i < WARM_UPS; i++) {
        Case _ = measure("warm-up", nodes, Shape.HIVEMIND.withKilled(0), seed + 1 + i);
      }
      // The killed ones are missing afterwards, so those come last.
      Shape single = Shape.HIVEMIND.withWorkers(1).withKilled(0);
      Case latency = measure("16-nodes-warm-one-at-a-time", nodes, single, seed);
      return List.of(latency, measure("16-nodes-warm", nodes, Shape.HIVEMIND, seed));
    } finally {
      nodes.forEach(NodeProcess::close);
    }
  }

  private static void start(List<NodeProcess> nodes) throws IOException, InterruptedException {
    for (int i = 0; i < PROCESSES; i++) {
      nodes.add(NodeProcess.start());
    }
    List<Multiaddr> known = nodes.stream().limit(INITIAL).map(NodeProcess::address).toList();
    for (NodeProcess node : nodes) {
      int _ = get(node.join(nodes.indexOf(node) == 0 ? List.of() : known));
    }
  }

  private static Case measure(String name, List<NodeProcess> nodes, Shape shape, long seed)
      throws IOException, InterruptedException {
    double before = cpuSeconds(nodes);
    Map<String, Double> figures =
        new LinkedHashMap<>(
            get(StoreAndGet.run(List.copyOf(nodes), shape, System::nanoTime, seed)));
    figures.put("cpu_seconds", cpuSeconds(nodes) - before);
    return new Case(name, figures);
  }

  /** Of all nodes together; what a killed one took is lost. */
  private static double cpuSeconds(List<NodeProcess> nodes) {
    return nodes.stream().mapToDouble(NodeProcess::cpuSeconds).sum();
  }

  /** The case {@code 1024-nodes}: no delays, wall clock. */
  public static Case oneProcess(long seed) {
    SimulatedSwarm swarm = new SimulatedSwarm(seed, Duration.ZERO);
    swarm.grow(MANY);
    Shape shape = new Shape(1, MANY_ROUNDS, 8, 8, 0, Duration.ofHours(1));
    return new Case("1024-nodes", measure(swarm, shape, true, seed));
  }

  /** The case {@code 1024-nodes-100ms-churn}: virtual time. */
  public static Case simulated(long seed) {
    SimulatedSwarm swarm = new SimulatedSwarm(seed, Duration.ofMillis(100));
    swarm.grow(MANY);
    Shape shape = new Shape(10, MANY_ROUNDS, 8, 8, CHURN, Duration.ofHours(1));
    return new Case("1024-nodes-100ms-churn", measure(swarm, shape, false, seed));
  }

  private static Map<String, Double> measure(
      SimulatedSwarm swarm, Shape shape, boolean wallClock, long seed) {
    CompletableFuture<Map<String, Double>> figures =
        StoreAndGet.run(
            List.copyOf(swarm.living()),
            shape,
            wallClock ? System::nanoTime : () -> swarm.simulation().elapsed().toNanos(),
            seed);
    return swarm.simulation().await(figures, Duration.ofHours(1));
  }

  /** Prints every case; arguments: a seed, and the case if only one is wanted. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    long seed = arguments.length > 0 ? Long.parseLong(arguments[0]) : 30;
    String wanted = arguments.length > 1 ? arguments[1] : "";
    List<Case> cases =
        switch (wanted) {
          case "" -> run(seed);
          case "16-nodes" -> List.of(processes(seed, false));
          case "16-nodes-one-at-a-time" -> List.of(processes(seed, true));
          case "16-nodes-warm", "16-nodes-warm-one-at-a-time" -> warm(seed);
          case "1024-nodes" -> List.of(oneProcess(seed));
          case "1024-nodes-100ms-churn" -> List.of(simulated(seed));
          default -> throw new IllegalArgumentException("no case is called " + wanted);
        };
    for (Case one : cases) {
      System.out.println(one.name() + " " + one.metrics());
    }
  }

  private static <T> T get(CompletableFuture<T> future) throws IOException, InterruptedException {
    try {
      return future.get(10, TimeUnit.MINUTES);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the benchmark of the DHT failed", e);
    }
  }
}
