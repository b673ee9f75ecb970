package org.potluck.peer.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.potluck.dht.bench.DhtBench;

/** {@code bench dht}: stores and gets between processes, and between many nodes in one. */
public record DhtFigures() implements Bench {
  private static final long SEED = 30;

  @Override
  public String name() {
    return "dht";
  }

  @Override
  public List<Part> parts() {
    return List.of(
        part("16-nodes", "16 processes, ten at work at a time", 30, () -> processes(false)),
        part("16-nodes-one-at-a-time", "16 processes", 30, () -> processes(true)),
        new Part(
            List.of("16-nodes-warm-one-at-a-time", "16-nodes-warm"),
            "16 processes that have worked for a while",
            Duration.ofSeconds(60),
            DhtFigures::warm),
        part("1024-nodes", "one process, no delays", 60, () -> DhtBench.oneProcess(SEED)),
        part(
            "1024-nodes-100ms-churn",
            "simulated: round trips of 100 ms, a fifth of the nodes leave",
            60,
            () -> DhtBench.simulated(SEED)));
  }

  /** What one call of {@link DhtBench} measures. */
  @FunctionalInterface
  private interface Measurement {
    DhtBench.Case take() throws IOException, InterruptedException;
  }

  private static DhtBench.Case processes(boolean oneAtATime)
      throws IOException, InterruptedException {
    return DhtBench.processes(SEED, oneAtATime);
  }

  private static List<BenchCase> warm() throws IOException, InterruptedException, BenchException {
    List<BenchCase> cases = new ArrayList<>();
    for (DhtBench.Case one : DhtBench.warm(SEED)) {
      cases.add(reported(one));
    }
    return cases;
  }

  private static Part part(String name, String what, int seconds, Measurement measurement) {
    return new Part(
        List.of(name),
        what,
        Duration.ofSeconds(seconds),
        () -> List.of(reported(measurement.take())));
  }

  private static BenchCase reported(DhtBench.Case one) throws BenchException {
    if (!one.metrics().values().stream().allMatch(Double::isFinite)) {
      throw new BenchException("nothing could be stored or read: " + one.metrics());
    }
    return new BenchCase(one.name(), one.metrics());
  }
}
