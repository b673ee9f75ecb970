package org.potluck.peer.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.trainer.bench.TrainerBench;
import org.potluck.trainer.model.DeviceChoice;

/** {@code bench trainer}: how fast the model of 3 M parameters learns, alone and together. */
public record TrainerFigures(int rounds) implements Bench {
  private static final String CASE = "gpt-3m";
  private static final int PAIRS = 2;

  @Override
  public String name() {
    return "trainer";
  }

  @Override
  public List<Part> parts() {
    return List.of(
        new Part(
            List.of(CASE),
            "a GPT of 3 M parameters, 2048 tokens a step",
            Duration.ofSeconds(150),
            this::measure));
  }

  private List<BenchCase> measure() throws BenchException, IOException, InterruptedException {
    int threads = Runtime.getRuntime().availableProcessors();
    // First of all: resident memory is the whole process's, and PyTorch's threads are fixed once.
    TrainerBench.Result alone = TrainerBench.run(rounds, threads, DeviceChoice.AUTO);
    Spread rates = Spread.of(alone.tokensPerSecond());
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("tokens_per_second", rates.median());
    metrics.put("tokens_per_second_min", rates.min());
    metrics.put("tokens_per_second_max", rates.max());
    metrics.put("resident_megabytes", alone.residentMegabytes());
    metrics.putAll(new TrainingTogether(PAIRS).metrics());
    return List.of(new BenchCase(CASE, metrics));
  }
}
