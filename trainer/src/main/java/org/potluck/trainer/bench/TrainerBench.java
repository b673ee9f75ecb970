package org.potluck.trainer.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.potluck.trainer.GptTrainer;
import org.potluck.trainer.SampleDraw;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/**
 * The case {@code gpt-3m}: forward, backward and an optimizer step after every batch of 16 rows.
 *
 * <p>The process must be fresh: resident memory is the whole process's, and PyTorch's threads are
 * fixed by its first model.
 */
public final class TrainerBench {
  private static final int BATCH = 16;
  private static final int STEPS_PER_WINDOW = 5;

  private TrainerBench() {}

  /**
   * What was measured.
   *
   * @param tokensPerSecond one figure per window, in order of time
   * @param residentMegabytes of the process at the end; 0 where the system does not say
   */
  public record Result(List<Double> tokensPerSecond, double residentMegabytes, String device) {
    public Result {
      tokensPerSecond = List.copyOf(tokensPerSecond);
    }

    /** The median over the windows. */
    public double median() {
      double[] sorted =
          tokensPerSecond.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      int half = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
  }

  /** Runs {@code windows} windows of five steps each, after one to warm up. */
  public static Result run(int windows, int threads, DeviceChoice device) throws IOException {
    Path folder = Files.createTempDirectory("potluck-bench");
    Path text = folder.resolve("random.txt");
    var bytes = new byte[1 << 20];
    var random = new SplittableRandom(1);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (32 + random.nextInt(95));
    }
    Files.write(text, bytes);
    var config =
        new TrainerConfig(
            new GptConfig(4, 4, 256, 128, 1024, false),
            AdamWConfig.of(new LearningRate(3e-4, 3e-4, 0, 0)),
            1,
            threads,
            device);
    try (Corpus corpus = Corpus.open(List.of(text), folder);
        GptTrainer trainer = GptTrainer.create(config, corpus)) {
      var rates = new Double[windows];
      long step = window(trainer, 0);
      for (int i = 0; i < windows; i++) {
        long start = System.nanoTime();
        step = window(trainer, step);
        double seconds = (System.nanoTime() - start) / 1e9;
        rates[i] = STEPS_PER_WINDOW * BATCH * (double) config.model().context() / seconds;
      }
      return new Result(Arrays.asList(rates), residentMegabytes(), trainer.device());
    } finally {
      Files.deleteIfExists(text);
      Files.deleteIfExists(folder);
    }
  }

  private static long window(GptTrainer trainer, long from) {
    for (long step = from; step < from + STEPS_PER_WINDOW; step++) {
      trainer.accumulate(new SampleDraw(1, step, BATCH));
      trainer.apply(trainer.gradients());
    }
    return from + STEPS_PER_WINDOW;
  }

  private static double residentMegabytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    Matcher matcher = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(Files.readString(status));
    return matcher.find() ? Long.parseLong(matcher.group(1)) * 1024 / 1e6 : 0;
  }

  /** Prints the figures; arguments: windows and threads. */
  public static void main(String[] arguments) throws IOException {
    int windows = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 8;
    int threads =
        arguments.length > 1
            ? Integer.parseInt(arguments[1])
            : Runtime.getRuntime().availableProcessors();
    Result result = run(windows, threads, DeviceChoice.AUTO);
    System.out.printf(
        "gpt-3m on %s: %.0f tokens/s (windows %s), %.0f MB resident%n",
        result.device(),
        result.median(),
        result.tokensPerSecond().stream().map(Math::round).toList(),
        result.residentMegabytes());
  }
}
