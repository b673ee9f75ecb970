package org.potluck.peer.simulate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.potluck.trainer.GptTrainer;
import org.potluck.trainer.Trainer;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.data.CorpusException;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/** The models of simulated peers; a real one learns a text of its own, made of a few words. */
final class TinyModels implements ModelMaker, AutoCloseable {
  private static final long SEED = 7;

  /** One block of fifty is held out; of so much text that is 32 KiB. */
  private static final int TEXT_BYTES = 2_000_000;

  private static final double RATE = 5e-3;
  private static final double RATE_AT_THE_END = RATE / 100;
  private static final int WARMUP_EPOCHS = 5;
  private static final String[] WORDS = {
    "bring ", "what ", "you ", "have ", "and ", "share ", "the ", "meal ", "with ", "all. "
  };

  private @Nullable Path folder;
  private @Nullable Corpus corpus;

  @Override
  public Trainer make(Scenario.Run run) {
    if (run.training() == Scenario.Training.TOY) {
      return new ToyTrainer(run.valuesHeld(), SEED);
    }
    TrainerConfig config =
        new TrainerConfig(
            new GptConfig(2, 2, 32, 16),
            AdamWConfig.of(rate(run.epochs())),
            SEED,
            1,
            DeviceChoice.CPU);
    try {
      return GptTrainer.create(config, text());
    } catch (CorpusException e) {
      throw new IllegalStateException("the text made for simulations is no good", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Falls until the last epoch: at a steady rate a model ends wherever the noise of its last steps
   * has taken it, and runs of different seeds differ by more than what one wants to see.
   *
   * @param epochs of the run; zero when it has no end
   */
  private static LearningRate rate(long epochs) {
    return epochs > WARMUP_EPOCHS
        ? new LearningRate(RATE, RATE_AT_THE_END, WARMUP_EPOCHS, epochs)
        : new LearningRate(RATE, RATE, WARMUP_EPOCHS, 0);
  }

  @Override
  public void close() throws IOException {
    if (corpus != null) {
      corpus.close();
    }
    if (folder != null) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private Corpus text() throws IOException {
    Corpus present = corpus;
    if (present != null) {
      return present;
    }
    Path made = Files.createTempDirectory("potluck-simulate");
    folder = made;
    Random random = new Random(SEED);
    StringBuilder text = new StringBuilder();
    while (text.length() < TEXT_BYTES) {
      text.append(WORDS[random.nextInt(WORDS.length)]);
    }
    Path file = Files.writeString(made.resolve("text.txt"), text);
    Corpus opened = Corpus.open(List.of(file), made.resolve("cache"));
    corpus = opened;
    return opened;
  }
}
