package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.potluck.trainer.Microbatch;
import org.potluck.trainer.SampleDraw;
import org.potluck.trainer.Trainer;
import org.potluck.trainer.TrainerState;

/** A model of one parameter; the loss of a micro-batch is how many it has drawn. */
final class FakeTrainer implements Trainer {
  static final Duration MICRO_BATCH_TAKES = Duration.ofSeconds(1);

  final List<SampleDraw> draws = new ArrayList<>();
  final List<Float> applied = new ArrayList<>();
  final List<Long> digested = new ArrayList<>();
  private final ManualClock clock;
  private float nextGradient = 1;
  final Deque<Double> evaluations = new ArrayDeque<>();
  final List<Long> restored = new ArrayList<>();
  private int drawsUntilNews = -1;
  private Runnable news = () -> {};
  private long epoch;
  private long samples;

  FakeTrainer(ManualClock clock) {
    this.clock = clock;
  }

  /** The next gradient to be asked for; afterwards it is 1 again. */
  void nextGradient(float value) {
    nextGradient = value;
  }

  /** Runs {@code what} when so many micro-batches have been drawn. */
  void afterDraws(int count, Runnable what) {
    drawsUntilNews = count;
    news = what;
  }

  @Override
  public long parameterCount() {
    return 1;
  }

  @Override
  public long epoch() {
    return epoch;
  }

  @Override
  public Microbatch accumulate(SampleDraw draw) {
    draws.add(draw);
    if (draws.size() == drawsUntilNews) {
      news.run();
    }
    samples += draw.samples();
    clock.advance(MICRO_BATCH_TAKES);
    return new Microbatch(draw.samples(), draw.samples(), draws.size(), MICRO_BATCH_TAKES);
  }

  @Override
  public MemorySegment gradients() {
    float value = nextGradient;
    nextGradient = 1;
    return MemorySegment.ofArray(new float[] {value});
  }

  @Override
  public long accumulatedSamples() {
    return samples;
  }

  @Override
  public void discard() {
    samples = 0;
  }

  @Override
  public void apply(MemorySegment meanGradient) {
    applied.add(meanGradient.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
    samples = 0;
    epoch++;
  }

  @Override
  public String parameterDigest() {
    digested.add(epoch);
    return "digest of epoch " + epoch;
  }

  @Override
  public TrainerState state() {
    return stateAt(epoch);
  }

  static TrainerState stateAt(long epoch) {
    return new TrainerState(epoch, MemorySegment.ofArray(new float[1]), List.of());
  }

  static TrainerState unusableState() {
    return new TrainerState(2, MemorySegment.ofArray(new float[] {Float.NaN}), List.of());
  }

  @Override
  public void restore(TrainerState state) {
    if (Float.isNaN(state.parameters().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0))) {
      throw new IllegalArgumentException("not finite");
    }
    restored.add(state.epoch());
    epoch = state.epoch();
    samples = 0;
  }

  @Override
  public double evaluate(int count) {
    return evaluations.remove();
  }

  @Override
  public String generate(String prompt, int tokens, double temperature, long seed) {
    throw new AssertionError("the loop does not generate");
  }

  @Override
  public void save(Path folder) {
    throw new AssertionError("the loop does not save");
  }

  @Override
  public void close() {}
}
