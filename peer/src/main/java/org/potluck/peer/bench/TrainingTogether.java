package org.potluck.peer.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.peer.bench.worker.Order;
import org.potluck.peer.bench.worker.Reply;

/**
 * Two processes that train at the same time, once each for itself and once together, in turns. Both
 * run the program's own training loop with one thread and take an optimizer step after as many
 * samples; together they average gradients (float16, encrypted) before each. What they learn less
 * in the same time is what collaborating costs: matchmaking, the exchange, progress, and waiting
 * for each other.
 */
record TrainingTogether(int pairs) {
  private static final int PEERS = 2;
  private static final int CONTEXT = 128;
  private static final long TARGET_BATCH = 256;

  /** Two of them to warm up. */
  private static final long EPOCHS = 6;

  Map<String, Double> metrics() throws BenchException, IOException, InterruptedException {
    List<Double> alone = new ArrayList<>();
    List<Double> together = new ArrayList<>();
    for (int pair = 0; pair < pairs; pair++) {
      alone.add(tokensPerSecond(""));
      together.add(tokensPerSecond("bench-" + pair));
    }
    double apart = Spread.of(alone).median();
    double joined = Spread.of(together).median();
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("collaboration_overhead", 1 - joined / apart);
    metrics.put("two_alone_tokens_per_second", apart);
    metrics.put("two_together_tokens_per_second", joined);
    return metrics;
  }

  private static double tokensPerSecond(String run)
      throws BenchException, IOException, InterruptedException {
    boolean together = !run.isEmpty();
    long batch = together ? TARGET_BATCH : TARGET_BATCH / PEERS;
    try (Crew crew = Crew.start(Crew.Berth.here(PEERS))) {
      List<Reply.Trained> trained =
          crew.all(i -> new Order.Train(run, 1, batch, EPOCHS, i), Reply.Trained.class);
      if (together && trained.stream().map(Reply.Trained::digest).distinct().count() > 1) {
        throw new BenchException("peers that trained together hold different parameters");
      }
      return trained.stream().mapToDouble(one -> one.samples() * CONTEXT / one.seconds()).sum();
    }
  }
}
