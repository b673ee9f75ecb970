package org.potluck.trainer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.potluck.trainer.data.Corpus;
import org.potluck.trainer.data.CorpusException;
import org.potluck.trainer.model.DeviceChoice;
import org.potluck.trainer.model.DeviceException;
import org.potluck.trainer.model.Gpt;

/**
 * Trains a byte-level GPT.
 *
 * <p>The step is taken on the JVM, in a {@link GptModel}; PyTorch holds a copy of its parameters
 * and adds up the gradient. That gradient is a sum over samples, so micro-batches of any size, on
 * any number of peers, come to what one big batch would have given: sum over all, divided by the
 * samples of all.
 */
public final class GptTrainer implements Trainer {
  private static final int EVALUATION_ROWS = 8;

  private final TrainerConfig config;
  private final Corpus.Reader text;
  private final GptModel held;
  private final Gpt model;
  private long accumulated;

  private GptTrainer(GptModel held, Corpus corpus) throws CorpusException, DeviceException {
    this.held = held;
    this.config = held.config();
    this.text = corpus.reader(config.model().context());
    this.model =
        new Gpt(
            config.model(), held.layout(), config.device(), config.threads(), held.parameters());
  }

  /**
   * A model at epoch zero, the same bits for everyone with the same model and seed.
   *
   * @throws CorpusException if the text is too short for the model
   * @throws DeviceException if this machine cannot compute as {@code config} says
   */
  public static GptTrainer create(TrainerConfig config, Corpus corpus)
      throws CorpusException, DeviceException {
    return new GptTrainer(GptModel.create(config), corpus);
  }

  /**
   * Continues from what {@link #save} wrote.
   *
   * @throws IOException if the folder holds no whole checkpoint; the message says what is wrong
   */
  public static GptTrainer open(Path folder, Corpus corpus, int threads, DeviceChoice device)
      throws IOException {
    return new GptTrainer(GptModel.open(folder, threads, device), corpus);
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
    return held.parameterCount();
  }

  @Override
  public long epoch() {
    return held.epoch();
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
    var gradient = new float[held.parameters().length];
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
    model.load(held.parameters());
  }

  @Override
  public void apply(MemorySegment meanGradient) {
    held.apply(meanGradient);
    discard();
  }

  @Override
  public String parameterDigest() {
    return held.parameterDigest();
  }

  @Override
  public TrainerState state() {
    return held.state();
  }

  @Override
  public void restore(TrainerState state) {
    held.restore(state);
    discard();
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
    held.save(folder);
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
