package org.potluck.trainer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.potluck.trainer.checkpoint.Checkpoint;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.data.CorpusException;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.DeviceException;
import org.potluck.trainer.model.Gpt;
import org.potluck.trainer.model.Initialisation;
import org.potluck.trainer.model.Layout;
import org.potluck.trainer.optimizer.AdamW;

/**
 * Trains a byte-level GPT.
 *
 * <p>The parameters and the optimizer's moments live on the JVM as flat arrays, where the step is
 * taken; PyTorch holds a copy of the parameters and adds up the gradient. That gradient is a sum
 * over samples, so micro-batches of any size, on any number of peers, come to what one big batch
 * would have given: sum over all, divided by the samples of all.
 */
public final class GptTrainer implements Trainer {
  private static final int EVALUATION_ROWS = 8;

  private final TrainerConfig config;
  private final Corpus.Reader text;
  private final Layout layout;
  private final AdamW optimizer;
  private final Gpt model;
  private final float[] parameters;
  private final float[] moment1;
  private final float[] moment2;
  private long epoch;
  private long accumulated;

  private GptTrainer(TrainerConfig config, Corpus corpus, float[] parameters)
      throws CorpusException, DeviceException {
    this.config = config;
    this.text = corpus.reader(config.model().context());
    this.layout = Layout.of(config.model());
    this.optimizer = new AdamW(config.optimizer(), layout);
    this.parameters = parameters;
    this.moment1 = new float[parameters.length];
    this.moment2 = new float[parameters.length];
    this.model = new Gpt(config.model(), layout, config.device(), config.threads(), parameters);
  }

  /**
   * A model at epoch zero, the same bits for everyone with the same model and seed.
   *
   * @throws CorpusException if the text is too short for the model
   * @throws DeviceException if this machine cannot compute as {@code config} says
   */
  public static GptTrainer create(TrainerConfig config, Corpus corpus)
      throws CorpusException, DeviceException {
    Layout layout = Layout.of(config.model());
    return new GptTrainer(config, corpus, Initialisation.of(config.model(), layout, config.seed()));
  }

  /**
   * Continues from what {@link #save} wrote.
   *
   * @throws IOException if the folder holds no whole checkpoint; the message says what is wrong
   */
  public static GptTrainer open(Path folder, Corpus corpus, int threads, DeviceChoice device)
      throws IOException {
    Checkpoint checkpoint = Checkpoint.read(folder);
    TrainerConfig config = checkpoint.config(threads, device);
    var trainer = new GptTrainer(config, corpus, new float[Layout.of(config.model()).size()]);
    trainer.restore(checkpoint.state());
    return trainer;
  }

  /** What it trains, and with what. */
  public TrainerConfig config() {
    return config;
  }

  /** Where it computes, such as {@code cpu} or {@code gpu0}. */
  public String device() {
    return model.device();
  }

  /** Why {@code auto} came to the processor, and what would change that; otherwise empty. */
  public String deviceNote() {
    return model.deviceNote();
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
  public Microbatch accumulate(SampleDraw draw) {
    long start = System.nanoTime();
    int row = config.model().context() + 1;
    var tokens = new long[Math.multiplyExact(draw.samples(), row)];
    for (int i = 0; i < draw.samples(); i++) {
      text.draw(config.seed(), draw.drawer(), draw.step(), i, tokens, i * row);
    }
    double loss = model.backward(tokens, draw.samples());
    accumulated += draw.samples();
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    return new Microbatch(draw.samples(), (long) draw.samples() * (row - 1), loss, took);
  }

  @Override
  public MemorySegment gradients() {
    var gradient = new float[parameters.length];
    if (accumulated > 0) {
      model.gradient(gradient);
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] /= accumulated;
      }
    }
    return MemorySegment.ofArray(gradient);
  }

  @Override
  public long accumulatedSamples() {
    return accumulated;
  }

  @Override
  public void discard() {
    accumulated = 0;
    model.load(parameters);
  }

  @Override
  public void apply(MemorySegment meanGradient) {
    float[] gradient = shared(meanGradient).orElseGet(() -> floats(meanGradient));
    optimizer.step(epoch, parameters, moment1, moment2, gradient);
    epoch++;
    discard();
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
    discard();
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
  public double evaluate(int samples) {
    int row = config.model().context() + 1;
    double sum = 0;
    for (int from = 0; from < samples; from += EVALUATION_ROWS) {
      int rows = Math.min(EVALUATION_ROWS, samples - from);
      var tokens = new long[rows * row];
      for (int i = 0; i < rows; i++) {
        text.heldOut(from + i, tokens, i * row);
      }
      sum += model.loss(tokens, rows) * rows;
    }
    return sum / samples;
  }

  @Override
  public String generate(String prompt, int tokens, double temperature, long seed) {
    byte[] bytes = (prompt.isEmpty() ? "\n" : prompt).getBytes(StandardCharsets.UTF_8);
    var sampler = new Sampler(new SplittableRandom(seed), temperature);
    var all = new byte[bytes.length + tokens];
    System.arraycopy(bytes, 0, all, 0, bytes.length);
    for (int length = bytes.length; length < all.length; length++) {
      int seen = Math.min(length, config.model().context());
      var window = new long[seen];
      for (int i = 0; i < seen; i++) {
        window[i] = all[length - seen + i] & 0xFF;
      }
      float[] logits = model.logits(window);
      int last = logits.length - config.model().vocabulary();
      all[length] = (byte) sampler.sample(logits, last);
    }
    return new String(all, StandardCharsets.UTF_8);
  }

  @Override
  public void save(Path folder) {
    try {
      Checkpoint.write(folder, config, layout, state());
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Arrays alive in PyTorch on the model's behalf; constant between calls. */
  int arrays() {
    return model.arrays();
  }

  @Override
  public void close() {
    model.close();
  }
}
