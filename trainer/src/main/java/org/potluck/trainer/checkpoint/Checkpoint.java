package org.potluck.trainer.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.potluck.trainer.TrainerConfig;
import org.potluck.trainer.TrainerState;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.GptConfig;
import org.potluck.trainer.model.Layout;
import org.potluck.trainer.model.Tensor;
import org.potluck.trainer.optimizer.AdamWConfig;

/**
 * A trainer on disk.
 *
 * <p>{@code model.safetensors} and {@code config.json} use the names, orientation and settings of
 * GPT-2 in Hugging Face transformers; {@code optimizer.safetensors} holds the flat moments, and
 * {@code potluck.json} the epoch and what was configured.
 *
 * @param run what was configured
 * @param state the values
 */
public record Checkpoint(Run run, TrainerState state) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODEL = "model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String RUN = "potluck.json";
  private static final List<String> MOMENTS = List.of("exp_avg", "exp_avg_sq");

  /** The content of {@code potluck.json}. */
  public record Run(int format, long epoch, long seed, GptConfig model, AdamWConfig optimizer) {}

  /** The configuration with this machine's own choices. */
  public TrainerConfig config(int threads, DeviceChoice device) {
    return new TrainerConfig(run.model(), run.optimizer(), run.seed(), threads, device);
  }

  /**
   * Writes a checkpoint into {@code folder}, replacing one that is there.
   *
   * @throws IOException with the folder and the bytes needed if the disk is full
   */
  public static void write(Path folder, TrainerConfig config, Layout layout, TrainerState state)
      throws IOException {
    var run = new Run(1, state.epoch(), config.seed(), config.model(), config.optimizer());
    float[] parameters = state.parameters().toArray(ValueLayout.JAVA_FLOAT);
    long bytes = 3L * parameters.length * Float.BYTES + (1 << 20);
    AtomicFolder.write(
        folder,
        bytes,
        part -> {
          Safetensors.write(part.resolve(MODEL), tensors(layout, parameters));
          Safetensors.write(part.resolve(OPTIMIZER), moments(state.optimizer()));
          AtomicFolder.file(
              part.resolve(RUN), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(run));
          AtomicFolder.file(
              part.resolve("config.json"),
              JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(gpt2(config.model())));
        });
  }

  /**
   * Reads the checkpoint in {@code folder}.
   *
   * @throws CheckpointException if it is missing, cut short, or of another shape
   */
  public static Checkpoint read(Path folder) throws IOException {
    Path complete = AtomicFolder.complete(folder);
    Run run = run(complete.resolve(RUN));
    Layout layout = Layout.of(run.model());
    try {
      Map<String, Safetensors.Entry> stored = Safetensors.read(complete.resolve(MODEL));
      var parameters = new float[layout.size()];
      for (Tensor tensor : layout.tensors()) {
        float[] values = values(stored, tensor.name(), shape(tensor), complete.resolve(MODEL));
        copy(
            tensor.transposedOnDisk()
                ? transposed(values, tensor.columns(), tensor.rows())
                : values,
            parameters,
            tensor.offset());
      }
      Map<String, Safetensors.Entry> moments = Safetensors.read(complete.resolve(OPTIMIZER));
      var optimizer = new ArrayList<MemorySegment>();
      for (String name : MOMENTS) {
        optimizer.add(
            MemorySegment.ofArray(
                values(moments, name, List.of(layout.size()), complete.resolve(OPTIMIZER))));
      }
      return new Checkpoint(
          run, new TrainerState(run.epoch(), MemorySegment.ofArray(parameters), optimizer));
    } catch (NoSuchFileException e) {
      throw new CheckpointException(
          "the checkpoint %s is not whole: %s is missing".formatted(folder, e.getFile()));
    }
  }

  private static Run run(Path file) throws IOException {
    try {
      Run run = JSON.readValue(Files.readAllBytes(file), Run.class);
      if (run.format() != 1 || run.epoch() < 0 || run.model() == null || run.optimizer() == null) {
        throw new CheckpointException(file + " is not of this version's format");
      }
      return run;
    } catch (JsonProcessingException e) {
      throw new CheckpointException("%s is damaged: %s".formatted(file, e.getOriginalMessage()));
    } catch (NoSuchFileException e) {
      throw new CheckpointException(
          "%s holds no checkpoint: there is no %s".formatted(file.getParent(), RUN));
    }
  }

  private static List<Safetensors.Entry> tensors(Layout layout, float[] parameters) {
    var entries = new ArrayList<Safetensors.Entry>();
    for (Tensor tensor : layout.tensors()) {
      var values = new float[tensor.size()];
      System.arraycopy(parameters, tensor.offset(), values, 0, values.length);
      entries.add(
          new Safetensors.Entry(
              tensor.name(),
              shape(tensor),
              tensor.transposedOnDisk()
                  ? transposed(values, tensor.rows(), tensor.columns())
                  : values));
    }
    return entries;
  }

  private static List<Safetensors.Entry> moments(List<MemorySegment> optimizer) {
    var entries = new ArrayList<Safetensors.Entry>();
    for (int i = 0; i < MOMENTS.size(); i++) {
      float[] values = optimizer.get(i).toArray(ValueLayout.JAVA_FLOAT);
      entries.add(new Safetensors.Entry(MOMENTS.get(i), List.of(values.length), values));
    }
    return entries;
  }

  private static float[] values(
      Map<String, Safetensors.Entry> stored, String name, List<Integer> shape, Path file)
      throws CheckpointException {
    Safetensors.@Nullable Entry entry = stored.get(name);
    if (entry == null || !entry.shape().equals(shape)) {
      throw new CheckpointException(
          "%s does not fit %s: it should hold %s of shape %s".formatted(file, RUN, name, shape));
    }
    return entry.values();
  }

  private static List<Integer> shape(Tensor tensor) {
    if (!tensor.matrix()) {
      return List.of(tensor.columns());
    }
    return tensor.transposedOnDisk()
        ? List.of(tensor.columns(), tensor.rows())
        : List.of(tensor.rows(), tensor.columns());
  }

  private static void copy(float[] values, float[] into, int at) {
    System.arraycopy(values, 0, into, at, values.length);
  }

  private static float[] transposed(float[] values, int height, int width) {
    var result = new float[height * width];
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        result[column * height + row] = values[row * width + column];
      }
    }
    return result;
  }

  private static ObjectNode gpt2(GptConfig model) {
    ObjectNode node = JSON.createObjectNode();
    node.putArray("architectures").add("GPT2LMHeadModel");
    node.put("model_type", "gpt2");
    node.put("vocab_size", model.vocabulary());
    node.put("n_positions", model.context());
    node.put("n_embd", model.width());
    node.put("n_layer", model.layers());
    node.put("n_head", model.heads());
    node.put("activation_function", "gelu");
    node.put("layer_norm_epsilon", 1e-5);
    node.put("tie_word_embeddings", model.tied());
    for (String dropout : List.of("attn_pdrop", "embd_pdrop", "resid_pdrop")) {
      node.put(dropout, 0.0);
    }
    return node;
  }
}
