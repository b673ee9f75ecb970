package org.potluck.peer.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.trainer.GptTrainer;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.TrainerState;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

/** With a real model: a peer that is stopped, saved and started again loses nothing. */
final class ResumeTest {
  @TempDir private Path folder;

  private static void train(GptTrainer trainer, long epochs) throws InterruptedException {
    ManualClock clock = new ManualClock();
    TrainingPlan plan = new TrainingPlan(8, 4, epochs, 3);
    new TrainingLoop(trainer, new FakeSwarm(clock), plan, new TrainingListener() {}, clock).run();
  }

  @Test
  void continuesFromACheckpointToTheVeryBitsOfAnUninterruptedRun()
      throws IOException, InterruptedException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "Sphinx of black quartz, judge my vow. ".repeat(60));
    var rate = new LearningRate(3e-3, 3e-4, 2, 0);
    var config =
        new TrainerConfig(
            new GptConfig(1, 2, 16, 16), AdamWConfig.of(rate), 5, 1, DeviceChoice.CPU);
    Path saved = folder.resolve("checkpoint");
    try (Corpus corpus = Corpus.open(List.of(text), folder.resolve("cache"));
        GptTrainer whole = GptTrainer.create(config, corpus);
        GptTrainer first = GptTrainer.create(config, corpus)) {
      train(whole, 6);
      train(first, 3);
      first.save(saved);
      try (GptTrainer second = GptTrainer.open(saved, corpus, 1, DeviceChoice.CPU)) {
        assertThat(second.epoch()).isEqualTo(3);
        train(second, 6);
        assertThat(second.parameterDigest()).isEqualTo(whole.parameterDigest());
        assertSame(second.state(), whole.state());
      }
    }
  }

  private static void assertSame(TrainerState one, TrainerState other) {
    assertThat(one.parameters().mismatch(other.parameters())).isEqualTo(-1);
    for (int i = 0; i < one.optimizer().size(); i++) {
      assertThat(one.optimizer().get(i).mismatch(other.optimizer().get(i))).isEqualTo(-1);
    }
  }
}
