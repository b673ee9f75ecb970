package org.potluck.trainer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/** A model and a text small enough for tests. */
final class Tiny {
  private Tiny() {}

  static TrainerConfig config() {
    return new TrainerConfig(
        new GptConfig(2, 2, 32, 16),
        AdamWConfig.of(new LearningRate(3e-3, 3e-3, 5, 0)),
        7,
        1,
        DeviceChoice.CPU);
  }

  static Corpus corpus(Path folder) throws IOException {
    Path text = folder.resolve("tiny.txt");
    Files.writeString(text, "the quick brown fox jumps over the lazy dog. ".repeat(100));
    return Corpus.open(List.of(text), folder.resolve("cache"));
  }
}
