package org.potluck.dht.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The programs that measure, at sizes a test can afford. */
class ChurnTest {
  @Test
  void readsFindWhatIsThereWhileHalfOfTheSwarmIsReplaced() {
    long seed = 81;
    Churn.Outcome outcome = Churn.run(seed, 40, Duration.ofMinutes(5), Duration.ofMinutes(5), 1);
    assertThat(outcome.left()).as("seed %s", seed).isGreaterThan(10);
    assertThat(outcome.reads()).isGreaterThan(200);
    assertThat(outcome.found())
        .as("of %s, seed %s", outcome.reads(), seed)
        .isGreaterThanOrEqualTo(outcome.reads() * 999 / 1000);
  }

  @Test
  void hopsGrowSlowerThanTheLogarithmOfTheSwarm() {
    Churn.Outcome small = Churn.run(83, 40, Duration.ZERO, Duration.ofMinutes(1), 2);
    Churn.Outcome large = Churn.run(83, 160, Duration.ZERO, Duration.ofMinutes(1), 2);
    assertThat(large.hopsMean()).isBetween(small.hopsMean(), small.hopsMean() + 3);
  }

  @Test
  void theShapeCountsOnlyWhatIsRight() {
    SimulatedSwarm swarm = new SimulatedSwarm(84, Duration.ofMillis(10));
    swarm.grow(16);
    List<BenchNode> nodes = new ArrayList<>(swarm.living());
    CompletableFuture<Map<String, Double>> running =
        StoreAndGet.run(
            nodes,
            new Shape(2, 4, 8, 8, 0.1, Duration.ofMinutes(5)),
            () -> swarm.simulation().elapsed().toNanos(),
            84);
    Map<String, Double> figures = swarm.simulation().await(running, Duration.ofMinutes(5));
    assertThat(figures).containsEntry("store_success", 1.0).containsEntry("get_success", 1.0);
    assertThat(figures.get("stores")).isEqualTo(64);
    assertThat(figures.get("store_seconds_mean")).isBetween(0.01, 1.0);
    assertThat(swarm.living()).hasSize(15);
  }
}
