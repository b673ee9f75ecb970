package org.potluck.trainer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.potluck.trainer.checkpoint.Checkpoint;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.Initialisation;
import org.potluck.trainer.model.Layout;
import org.potluck.trainer.optimizer.AdamW;

/**
 * A byte-level GPT that is held and stepped, but not computed with.
 *
 * <p>The parameters and the optimizer's moments live on the JVM as flat arrays: no text, no PyTorch
 * and no GPU is needed to take the steps that others have computed.
 */
public final class GptModel implements Model {
  private final TrainerConfig config;
  private final Layout layout;
  private final AdamW optimizer;
  private final float[] parameters;
  private final float[] moment1;
  private final float[] moment2;
  private long epoch;

  private GptModel(TrainerConfig config, Layout layout, float[] parameters) {
    this.config = config;
    this.layout = layout;
    this.optimizer = new AdamW(config.optimizer(), layout);
    this.parameters = parameters;
    this.moment1 = new float[parameters.length];
    this.moment2 = new float[parameters.length];
  }

  /** A model at epoch zero, the same bits for everyone with the same model and seed. */
  public static GptModel create(TrainerConfig config) {
    Layout layout = Layout.of(config.model());
    return new GptModel(config, layout, Initialisation.of(config.model(), layout, config.seed()));
  }

  /**
   * Continues from what {@link #save} wrote.
   *
   * @throws IOException if the folder holds no whole checkpoint; the message says what is wrong
   */
  public static GptModel open(Path folder, int threads, DeviceChoice device) throws IOException {
    Checkpoint checkpoint = Checkpoint.read(folder);
    TrainerConfig config = checkpoint.config(threads, device);
    Layout layout = Layout.of(config.model());
    GptModel model = new GptModel(config, layout, new float[layout.size()]);
    model.restore(checkpoint.state());
    return model;
  }

  /** What it is a model of. */
  TrainerConfig config() {
    return config;
  }

  Layout layout() {
    return layout;
  }

  /** The values themselves; {@link #apply} and {@link #restore} change them. */
  float[] parameters() {
    return parameters;
  }

  @Override
  public long parameterCount() {
    return parameters.length;
  }

  @Override
  public long epoch() {
    return epoch;
  }

  @Override
  public void apply(MemorySegment meanGradient) {
    float[] gradient = shared(meanGradient).orElseGet(() -> floats(meanGradient));
    optimizer.step(epoch, parameters, moment1, moment2, gradient);
    epoch++;
  }

  @Override
  public String parameterDigest() {
    return ParameterDigest.of(epoch, parameters);
  }

  @Override
  public TrainerState state() {
    return new TrainerState(
        epoch,
        MemorySegment.ofArray(parameters.clone()),
        List.of(MemorySegment.ofArray(moment1.clone()), MemorySegment.ofArray(moment2.clone())));
  }

  @Override
  public void restore(TrainerState state) {
    if (state.optimizer().size() != 2 || state.epoch() < 0) {
      throw new IllegalArgumentException(
          "not a state of AdamW: epoch %d, %d optimizer vectors"
              .formatted(state.epoch(), state.optimizer().size()));
    }
    float[] values = floats(state.parameters());
    float[] first = floats(state.optimizer().get(0));
    float[] second = floats(state.optimizer().get(1));
    check(values, first, second);
    System.arraycopy(values, 0, parameters, 0, values.length);
    System.arraycopy(first, 0, moment1, 0, first.length);
    System.arraycopy(second, 0, moment2, 0, second.length);
    epoch = state.epoch();
  }

  /**
   * A state comes from another peer, whose word its hashes are: one value that is no number, or a
   * negative second moment under the root, would make every later gradient one that is none.
   */
  private static void check(float[] values, float[] first, float[] second) {
    for (int i = 0; i < values.length; i++) {
      boolean sane = Float.isFinite(values[i]) && Float.isFinite(first[i]);
      if (!(sane && second[i] >= 0 && Float.isFinite(second[i]))) {
        throw new IllegalArgumentException(
            "parameter %d is %s with moments %s and %s"
                .formatted(i, values[i], first[i], second[i]));
      }
    }
  }

  /** The array behind {@code vector}, if that is all of it: reading needs no copy. */
  private Optional<float[]> shared(MemorySegment vector) {
    return vector
        .heapBase()
        .filter(float[].class::isInstance)
        .map(float[].class::cast)
        .filter(
            array -> array.length == parameters.length && vector.byteSize() == 4L * array.length);
  }

  private float[] floats(MemorySegment vector) {
    if (vector.byteSize() != (long) parameters.length * Float.BYTES) {
      throw new IllegalArgumentException(
          "a vector of %d bytes for a model of %d parameters"
              .formatted(vector.byteSize(), parameters.length));
    }
    return vector.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  @Override
  public void save(Path folder) {
    try {
      Checkpoint.write(folder, config, layout, state());
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {}
}
