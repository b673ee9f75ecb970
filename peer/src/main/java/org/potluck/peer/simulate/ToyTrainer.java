package org.potluck.peer.simulate;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.potluck.network.Sha256;
import org.potluck.trainer.Microbatch;
import org.potluck.trainer.SampleDraw;
import org.potluck.trainer.Trainer;
import org.potluck.trainer.TrainerState;

/**
 * A model that costs nothing: its loss is half the mean squared distance to a point that nobody
 * knows, its gradient that distance plus noise that shrinks with samples. Loss falls if and only if
 * the swarm averages what it should, which is all that a scenario wants of a model.
 */
final class ToyTrainer implements Trainer {
  private static final float LEARNING_RATE = 0.1f;

  private final float[] goal;
  private final float[] parameters;
  private long epoch;
  private long samples;
  private long noise;
  private double loss;

  /** Equal seeds give equal problems and equal beginnings. */
  ToyTrainer(int values, long seed) {
    goal = new float[values];
    parameters = new float[values];
    SplittableRandom random = new SplittableRandom(seed);
    for (int at = 0; at < values; at++) {
      goal[at] = random.nextFloat() * 2 - 1;
    }
    loss = distance();
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
    samples += draw.samples();
    noise = 31 * noise + draw.drawer() + draw.step();
    return new Microbatch(draw.samples(), draw.samples(), loss, Duration.ZERO);
  }

  @Override
  public MemorySegment gradients() {
    float[] gradient = new float[parameters.length];
    if (samples > 0) {
      SplittableRandom random = new SplittableRandom(noise);
      float deviation = (float) (1 / Math.sqrt((double) samples));
      for (int at = 0; at < gradient.length; at++) {
        gradient[at] = parameters[at] - goal[at] + deviation * (random.nextFloat() - 0.5f);
      }
    }
    return MemorySegment.ofArray(gradient);
  }

  @Override
  public long accumulatedSamples() {
    return samples;
  }

  @Override
  public void discard() {
    samples = 0;
    noise = 0;
  }

  @Override
  public void apply(MemorySegment meanGradient) {
    for (int at = 0; at < parameters.length; at++) {
      parameters[at] -=
          LEARNING_RATE
              * meanGradient.get(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) at * Float.BYTES);
    }
    moveTo(epoch + 1);
  }

  @Override
  public String parameterDigest() {
    MessageDigest digest = Sha256.begin();
    digest.update(Long.toString(epoch).getBytes(StandardCharsets.US_ASCII));
    digest.update(MemorySegment.ofArray(parameters).toArray(ValueLayout.JAVA_BYTE));
    return "sha256:" + HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public TrainerState state() {
    return new TrainerState(epoch, MemorySegment.ofArray(parameters.clone()), List.of());
  }

  @Override
  public void restore(TrainerState state) {
    MemorySegment.copy(
        state.parameters(), ValueLayout.JAVA_FLOAT_UNALIGNED, 0, parameters, 0, parameters.length);
    moveTo(state.epoch());
  }

  @Override
  public double evaluate(int heldOutSamples) {
    return loss;
  }

  @Override
  public String generate(String prompt, int tokens, double temperature, long seed) {
    return prompt;
  }

  @Override
  public void save(Path folder) {
    throw new UnsupportedOperationException("a toy problem is not kept");
  }

  @Override
  public void close() {}

  private void moveTo(long newEpoch) {
    epoch = newEpoch;
    discard();
    loss = distance();
  }

  private double distance() {
    double sum = 0;
    for (int at = 0; at < parameters.length; at++) {
      double far = parameters[at] - goal[at];
      sum += far * far;
    }
    return sum / (2 * parameters.length);
  }
}
