package org.potluck.peer.simulate;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.potluck.trainer.GptTrainer;
import org.potluck.trainer.Trainer;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.data.CorpusException;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/** The models of simulated peers; a real one learns the text of its peer. */
final class TinyModels implements ModelMaker, AutoCloseable {
  private static final long SEED = 7;
  private static final double RATE = 5e-3;
  private static final double RATE_AT_THE_END = RATE / 100;
  private static final int WARMUP_EPOCHS = 5;

  private final Texts texts = new Texts();

  @Override
  public Trainer make(Scenario.Run run, Portion portion) {
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
      return GptTrainer.create(config, texts.of(portion));
    } catch (CorpusException e) {
      throw new IllegalStateException("there is too little text: " + portion, e);
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
    texts.close();
  }
}
