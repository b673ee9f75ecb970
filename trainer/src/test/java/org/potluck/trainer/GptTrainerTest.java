package org.potluck.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.DeviceException;

final class GptTrainerTest {
  @TempDir private Path folder;
  private Corpus corpus;

  @BeforeEach
  void openTheText() throws IOException {
    corpus = Tiny.corpus(folder);
  }

  @AfterEach
  void closeTheText() {
    corpus.close();
  }

  private GptTrainer trainer() throws IOException {
    return GptTrainer.create(Tiny.config(), corpus);
  }

  private static void epoch(Trainer trainer, long drawer, int samples) {
    trainer.accumulate(new SampleDraw(drawer, trainer.epoch(), samples));
    trainer.apply(trainer.gradients());
  }

  private static float[] floats(MemorySegment vector) {
    return vector.toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void knowsNothingAtFirst() throws IOException {
    try (var trainer = trainer()) {
      double loss = trainer.accumulate(new SampleDraw(1, 0, 16)).meanLoss();
      assertThat(loss).isCloseTo(Math.log(256), within(0.1));
    }
  }

  @Test
  void learnsATinyText() throws IOException {
    try (var trainer = trainer()) {
      double before = trainer.evaluate(16);
      for (int i = 0; i < 60; i++) {
        epoch(trainer, 1, 16);
      }
      assertThat(trainer.evaluate(16)).isLessThan(2.5).isLessThan(before - 2);
    }
  }

  @Test
  void threePeersAveragedAreOneWithAllTheSamples() throws IOException {
    int[] shares = {3, 6, 9};
    try (var one = trainer();
        var first = trainer();
        var second = trainer();
        var third = trainer()) {
      var peers = new GptTrainer[] {first, second, third};
      for (int epoch = 0; epoch < 20; epoch++) {
        var mean = new float[(int) one.parameterCount()];
        for (int peer = 0; peer < 3; peer++) {
          var draw = new SampleDraw(peer, epoch, shares[peer]);
          one.accumulate(draw);
          peers[peer].accumulate(draw);
          float[] gradient = floats(peers[peer].gradients());
          for (int i = 0; i < mean.length; i++) {
            mean[i] += gradient[i] * shares[peer] / 18;
          }
        }
        if (epoch == 0) {
          float[] whole = floats(one.gradients());
          for (int i = 0; i < mean.length; i++) {
            assertThat(mean[i]).isCloseTo(whole[i], within(1e-5f));
          }
        }
        one.apply(one.gradients());
        for (GptTrainer peer : peers) {
          peer.apply(MemorySegment.ofArray(mean));
        }
      }
      assertThat(first.evaluate(8)).isCloseTo(one.evaluate(8), within(1e-4));
      assertThat(first.parameterDigest())
          .isEqualTo(second.parameterDigest())
          .isEqualTo(third.parameterDigest());
    }
  }

  @Test
  void digestsTellStatesApart() throws IOException {
    try (var one = trainer();
        var other = trainer()) {
      assertThat(one.parameterDigest())
          .isEqualTo(other.parameterDigest())
          .matches("sha256:[0-9a-f]{64}");
      epoch(one, 1, 4);
      assertThat(one.parameterDigest()).isNotEqualTo(other.parameterDigest());
      other.restore(one.state());
      assertThat(one.parameterDigest()).isEqualTo(other.parameterDigest());
    }
  }

  @Test
  void forgetsWhatItDiscards() throws IOException {
    try (var trainer = trainer()) {
      trainer.accumulate(new SampleDraw(1, 0, 2));
      float[] wanted = floats(trainer.gradients());
      trainer.accumulate(new SampleDraw(2, 0, 5));
      trainer.discard();
      assertThat(trainer.accumulatedSamples()).isZero();
      assertThat(floats(trainer.gradients())).containsOnly(0f);
      trainer.accumulate(new SampleDraw(1, 0, 2));
      assertThat(floats(trainer.gradients())).containsExactly(wanted);
    }
  }

  @Test
  void refusesAGradientThatIsNotFiniteAndStaysAsItWas() throws IOException {
    try (var trainer = trainer()) {
      String before = trainer.parameterDigest();
      var bad = new float[(int) trainer.parameterCount()];
      bad[3] = Float.NaN;
      assertThatThrownBy(() -> trainer.apply(MemorySegment.ofArray(bad)))
          .hasMessageContaining("not finite");
      assertThat(trainer.parameterDigest()).isEqualTo(before);
    }
  }

  @Test
  void continuesFromACheckpointAsIfNothingHappened() throws IOException {
    Path saved = folder.resolve("checkpoint");
    try (var trainer = trainer()) {
      epoch(trainer, 1, 4);
      trainer.save(saved);
      epoch(trainer, 1, 4);
      trainer.save(folder.resolve("later"));
      try (var opened = GptTrainer.open(saved, corpus, 1, DeviceChoice.CPU)) {
        assertThat(opened.epoch()).isEqualTo(1);
        epoch(opened, 1, 4);
        assertThat(opened.parameterDigest()).isEqualTo(trainer.parameterDigest());
        var mine = opened.state().optimizer();
        var theirs = trainer.state().optimizer();
        for (int i = 0; i < 2; i++) {
          assertThat(mine.get(i).mismatch(theirs.get(i))).isEqualTo(-1);
        }
        opened.save(saved);
      }
    }
    for (String file : new String[] {"model.safetensors", "optimizer.safetensors"}) {
      assertThat(Files.mismatch(saved.resolve(file), folder.resolve("later").resolve(file)))
          .isEqualTo(-1);
    }
  }

  /** Who computes nothing comes to the same bits with what others have computed. */
  @Test
  void aModelThatIsOnlyHeldTakesTheSameSteps() throws IOException {
    Path saved = folder.resolve("held");
    try (var trainer = trainer();
        var held = GptModel.create(Tiny.config())) {
      assertThat(held.parameterDigest()).isEqualTo(trainer.parameterDigest());
      for (int i = 0; i < 3; i++) {
        trainer.accumulate(new SampleDraw(1, trainer.epoch(), 4));
        MemorySegment average = trainer.gradients();
        trainer.apply(average);
        held.apply(average);
        assertThat(held.parameterDigest()).isEqualTo(trainer.parameterDigest());
      }
      held.save(saved);
      try (var opened = GptModel.open(saved, 1, DeviceChoice.CPU);
          var trains = GptTrainer.open(saved, corpus, 1, DeviceChoice.CPU)) {
        assertThat(opened.parameterDigest()).isEqualTo(trainer.parameterDigest());
        assertThat(trains.parameterDigest()).isEqualTo(trainer.parameterDigest());
        epoch(trainer, 1, 4);
        epoch(trains, 1, 4);
        assertThat(trains.parameterDigest()).isEqualTo(trainer.parameterDigest());
      }
    }
  }

  /**
   * What backward needs must live until then. DJL keeps the number of {@code x.mul(number)} only
   * during the call: once collected, a gradient was scaled by whatever came to lie there.
   */
  @Test
  void gradientsDoNotDependOnTheGarbageCollector() throws IOException {
    var done = new AtomicBoolean();
    Thread _ = Thread.ofPlatform().start(() -> collectUntil(done));
    try (var one = trainer();
        var other = trainer()) {
      for (int i = 0; i < 50; i++) {
        epoch(one, 1, 4);
        epoch(other, 1, 4);
        assertThat(one.parameterDigest()).as("step %d", i).isEqualTo(other.parameterDigest());
      }
    } finally {
      done.set(true);
    }
  }

  private static void collectUntil(AtomicBoolean done) {
    while (!done.get()) {
      System.gc();
    }
  }

  @Test
  void leavesNoArraysBehind() throws IOException {
    try (var trainer = trainer()) {
      epoch(trainer, 1, 2);
      int arrays = trainer.arrays();
      for (int i = 0; i < 200; i++) {
        trainer.accumulate(new SampleDraw(1, i, 2));
        if (i % 10 == 0) {
          trainer.apply(trainer.gradients());
          trainer.evaluate(1);
        }
      }
      trainer.generate("the", 3, 1, 1);
      assertThat(trainer.arrays()).isEqualTo(arrays).isEqualTo(3);
    }
  }

  @Test
  void residentMemoryStaysBoundedOverTwoHundredSteps() throws IOException {
    Path status = Path.of("/proc/self/statm");
    if (!Files.exists(status)) {
      System.out.println("no /proc here: resident memory is not watched");
      return;
    }
    try (var trainer = trainer()) {
      for (int i = 0; i < 50; i++) {
        trainer.accumulate(new SampleDraw(1, i, 16));
      }
      long before = residentBytes(status);
      for (int i = 50; i < 250; i++) {
        trainer.accumulate(new SampleDraw(1, i, 16));
      }
      // A leak of the weights' transposes and activations alone would be over 500 MB.
      assertThat(residentBytes(status) - before).isLessThan(150L << 20);
    }
  }

  private static long residentBytes(Path statm) throws IOException {
    return Long.parseLong(Files.readString(statm).split(" ", -1)[1]) * 4096;
  }

  @Test
  void continuesAPromptTheSameWayForTheSameSeed() throws IOException {
    try (var trainer = trainer()) {
      String text = trainer.generate("the quick brown fox", 20, 0.8, 5);
      assertThat(text).startsWith("the quick brown fox");
      assertThat(trainer.generate("the quick brown fox", 20, 0.8, 5)).isEqualTo(text);
      assertThat(trainer.generate("the quick brown fox", 20, 0.8, 6)).isNotEqualTo(text);
      String likeliest = trainer.generate("a", 9, 0, 1);
      assertThat(trainer.generate("a", 9, 0, 2)).isEqualTo(likeliest);
    }
  }

  @Test
  void refusesAStateOfAnotherModel() throws IOException {
    try (var trainer = trainer()) {
      var vector = MemorySegment.ofArray(new float[3]);
      assertThatThrownBy(
              () -> trainer.restore(new TrainerState(1, vector, Arrays.asList(vector, vector))))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(trainer.epoch()).isZero();
    }
  }

  @Test
  void refusesAStateWithValuesThatWouldSpoilEveryGradient() throws IOException {
    try (var trainer = trainer()) {
      epoch(trainer, 1, 4);
      String before = trainer.parameterDigest();
      float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, -1e-9f};
      for (int vector = 0; vector < 3; vector++) {
        for (float value : bad) {
          if (value == -1e-9f && vector < 2) {
            continue; // parameters and first moments may be negative
          }
          TrainerState state = trainer.state();
          MemorySegment spoiled =
              vector == 0 ? state.parameters() : state.optimizer().get(vector - 1);
          spoiled.setAtIndex(ValueLayout.JAVA_FLOAT, 17, value);
          assertThatThrownBy(() -> trainer.restore(state))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("parameter 17");
          assertThat(trainer.parameterDigest()).isEqualTo(before);
        }
      }
    }
  }

  @Test
  void stepsAlikeWithGradientsOnAndOffTheHeap() throws IOException {
    try (var one = trainer();
        var other = trainer();
        var arena = Arena.ofConfined()) {
      one.accumulate(new SampleDraw(1, 0, 4));
      MemorySegment gradient = one.gradients();
      MemorySegment offHeap = arena.allocate(gradient.byteSize(), 4).copyFrom(gradient);
      one.apply(gradient);
      other.apply(offHeap);
      assertThat(one.parameterDigest()).isEqualTo(other.parameterDigest());
      assertThat(gradient.mismatch(offHeap)).as("the gradient is left as it was").isEqualTo(-1);
    }
  }

  @Test
  void saysWhyThereIsNoGpuAndWhatToDo() throws IOException {
    TrainerConfig tiny = Tiny.config();
    var automatic = with(tiny, DeviceChoice.AUTO);
    try (var trainer = GptTrainer.create(automatic, corpus)) {
      if (trainer.device().startsWith("gpu")) {
        System.out.println("there is a GPU here: its absence is not tested");
        return;
      }
      assertThat(trainer.deviceNote()).isNotEmpty();
    }
    assertThatThrownBy(() -> GptTrainer.create(with(tiny, DeviceChoice.GPU), corpus))
        .isInstanceOf(DeviceException.class)
        .hasMessageStartingWith("no GPU can be used: ")
        .message()
        .doesNotContain("\n");
    try (var trainer = trainer()) {
      assertThat(trainer.deviceNote()).isEmpty();
    }
  }

  private static TrainerConfig with(TrainerConfig config, DeviceChoice device) {
    return new TrainerConfig(
        config.model(), config.optimizer(), config.seed(), config.threads(), device);
  }
}
