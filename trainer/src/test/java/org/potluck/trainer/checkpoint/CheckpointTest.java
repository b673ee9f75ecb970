package org.potluck.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.TrainerState;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.model.Layout;
import org.potluck.trainer.optimizer.AdamWConfig;
import org.potluck.trainer.optimizer.LearningRate;

final class CheckpointTest {
  private static final TrainerConfig CONFIG =
      new TrainerConfig(
          new GptConfig(1, 1, 8, 4),
          AdamWConfig.of(new LearningRate(1e-3, 1e-4, 2, 9)),
          5,
          1,
          DeviceChoice.CPU);
  private static final Layout LAYOUT = Layout.of(CONFIG.model());

  @TempDir private Path folder;

  private static TrainerState state(long seed) {
    return new TrainerState(seed, vector(seed), List.of(vector(seed + 100), vector(seed + 200)));
  }

  private static MemorySegment vector(long seed) {
    var random = new SplittableRandom(seed);
    var values = new float[LAYOUT.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble();
    }
    return MemorySegment.ofArray(values);
  }

  private Path write(long seed) throws IOException {
    Path target = folder.resolve("checkpoint");
    Checkpoint.write(target, CONFIG, LAYOUT, state(seed));
    return target;
  }

  @Test
  void comesBackBitForBit() throws IOException {
    write(1);
    Checkpoint read = Checkpoint.read(write(2));
    assertThat(read.config(1, DeviceChoice.CPU)).isEqualTo(CONFIG);
    assertThat(read.state().epoch()).isEqualTo(2);
    assertThat(read.state().parameters().mismatch(state(2).parameters())).isEqualTo(-1);
    for (int i = 0; i < 2; i++) {
      assertThat(read.state().optimizer().get(i).mismatch(state(2).optimizer().get(i)))
          .isEqualTo(-1);
    }
    try (var left = Files.list(folder)) {
      assertThat(left).containsExactly(folder.resolve("checkpoint"));
    }
  }

  @Test
  void holdsLayersTheWayGpt2Does() throws IOException {
    Map<String, Safetensors.Entry> entries =
        Safetensors.read(write(1).resolve("model.safetensors"));
    assertThat(entries)
        .extractingByKey("transformer.h.0.mlp.c_fc.weight")
        .extracting(Safetensors.Entry::shape)
        .isEqualTo(List.of(8, 32));
    assertThat(entries)
        .extractingByKey("transformer.wte.weight")
        .extracting(Safetensors.Entry::shape)
        .isEqualTo(List.of(256, 8));
  }

  @Test
  void finishesACrashBetweenTheTwoRenames() throws IOException {
    Files.move(write(3), folder.resolve("checkpoint.old"));
    assertThat(Checkpoint.read(folder.resolve("checkpoint")).state().epoch()).isEqualTo(3);
    write(4);
    assertThat(Checkpoint.read(folder.resolve("checkpoint")).state().epoch()).isEqualTo(4);
  }

  @Test
  void namesTheFileThatIsBroken() throws IOException {
    assertThatThrownBy(() -> Checkpoint.read(folder.resolve("nowhere")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("holds no checkpoint");
    for (String name : List.of("model.safetensors", "optimizer.safetensors", "potluck.json")) {
      Path file = write(1).resolve(name);
      byte[] whole = Files.readAllBytes(file);
      for (int length : new int[] {0, 4, 40, whole.length - 5}) {
        Files.write(file, Arrays.copyOf(whole, length));
        assertThatThrownBy(() -> Checkpoint.read(folder.resolve("checkpoint")))
            .as("%s cut to %d bytes", name, length)
            .isInstanceOf(CheckpointException.class)
            .hasMessageContaining(name);
      }
      Files.delete(file);
      assertThatThrownBy(() -> Checkpoint.read(folder.resolve("checkpoint")))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void aFailureLeavesTheOldOneAndNamesFolderAndBytes() throws IOException {
    Path target = write(1);
    assertThatThrownBy(
            () ->
                AtomicFolder.write(
                    target,
                    1234,
                    part -> {
                      Files.writeString(part.resolve("half"), "half");
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll(target.toString(), "1234", "No space left");
    assertThatThrownBy(() -> AtomicFolder.write(target, Long.MAX_VALUE, _ -> {}))
        .hasMessageContaining("are free");
    assertThat(Checkpoint.read(target).state().epoch()).isEqualTo(1);
    assertThat(folder.resolve("checkpoint.part")).doesNotExist();
  }
}
