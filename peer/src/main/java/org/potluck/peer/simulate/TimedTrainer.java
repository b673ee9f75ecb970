package org.potluck.peer.simulate;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.trainer.Microbatch;
import org.potluck.trainer.SampleDraw;
import org.potluck.trainer.Trainer;
import org.potluck.trainer.TrainerState;

/** A trainer that takes as much virtual time as the simulated device would. */
final class TimedTrainer implements Trainer {
  private final Trainer trainer;
  private final SimulatedNetwork network;
  private final Coroutine coroutine;
  private final double samplesPerSecond;

  TimedTrainer(
      Trainer trainer, SimulatedNetwork network, Coroutine coroutine, double samplesPerSecond) {
    this.trainer = trainer;
    this.network = network;
    this.coroutine = coroutine;
    this.samplesPerSecond = samplesPerSecond;
  }

  @Override
  public Microbatch accumulate(SampleDraw draw) {
    double seconds = draw.samples() / samplesPerSecond * network.conduct().slowdown();
    Duration took = Duration.ofNanos(Math.round(seconds * 1e9));
    boolean _ =
        coroutine.ask(
            answer -> {
              var _ = network.loop().schedule(took, () -> answer.accept(true));
            });
    Microbatch done = trainer.accumulate(draw);
    return new Microbatch(done.samples(), done.tokens(), done.meanLoss(), took);
  }

  @Override
  public long parameterCount() {
    return trainer.parameterCount();
  }

  @Override
  public long epoch() {
    return trainer.epoch();
  }

  @Override
  public MemorySegment gradients() {
    return trainer.gradients();
  }

  @Override
  public long accumulatedSamples() {
    return trainer.accumulatedSamples();
  }

  @Override
  public void discard() {
    trainer.discard();
  }

  @Override
  public void apply(MemorySegment meanGradient) {
    trainer.apply(meanGradient);
  }

  @Override
  public String parameterDigest() {
    return trainer.parameterDigest();
  }

  @Override
  public TrainerState state() {
    return trainer.state();
  }

  @Override
  public void restore(TrainerState state) {
    trainer.restore(state);
  }

  @Override
  public double evaluate(int samples) {
    return trainer.evaluate(samples);
  }

  @Override
  public String generate(String prompt, int tokens, double temperature, long seed) {
    return trainer.generate(prompt, tokens, temperature, seed);
  }

  @Override
  public void save(Path folder) {
    trainer.save(folder);
  }

  @Override
  public void close() {
    trainer.close();
  }
}
