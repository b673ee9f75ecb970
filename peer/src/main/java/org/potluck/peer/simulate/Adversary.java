package org.potluck.peer.simulate;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.VectorMath;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.reduce.Aggregator;
import org.potluck.peer.training.Swarm.OwnProgress;
import org.potluck.trainer.TrainerState;

/** Turns honest contributions, and honest averages, into those of an {@link Attack}. */
final class Adversary {
  private static final int STALE_BY_ROUNDS = 4;
  private static final float SCALE = 100;
  private static final float DISGUISE = 0.25f;
  private static final int USURPS_FROM = 5;
  private static final int USURPED_EPOCHS = 1000;

  private final Attack attack;
  private final RandomGenerator random;
  private final Deque<float[]> computed = new ArrayDeque<>();
  private long epochBefore = -1;
  private float[] average = {};

  Adversary(Attack attack, RandomGenerator random) {
    this.attack = attack;
    this.random = random;
  }

  boolean honest() {
    return attack == Attack.NONE;
  }

  /** What is brought to the round of {@code epoch}, a copy. */
  float[] said(long epoch, MemorySegment gradients) {
    float[] own = gradients.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    if (epoch != epochBefore) {
      remember(own);
      epochBefore = epoch;
    }
    return switch (attack) {
      case NONE, USURP, LYING_REDUCER, INFLATING_REDUCER, SHRINKING_REDUCER -> own;
      case SIGN_FLIP -> times(own, -1);
      case SCALE -> times(own, SCALE);
      case NOISE -> noise(own, random);
      // Drawn from the epoch alone, so that all have the same.
      case COLLUDE -> noise(own, new SplittableRandom(epoch));
      case NAN -> noNumbers(own);
      case STALE, CONSTANT -> computed.getFirst().clone();
      case COPY -> average.length > 0 ? average.clone() : own;
      case DISGUISED_COPY -> average.length > 0 ? disguised(average) : own;
    };
  }

  /** Whether what is brought now is not what was computed. */
  boolean lies() {
    return switch (attack) {
      case NONE, USURP -> false;
      case STALE, CONSTANT -> computed.size() > 1;
      case COPY, DISGUISED_COPY -> average.length > 0;
      default -> true;
    };
  }

  /** The average of a round that it took part in. */
  void heard(MemorySegment values) {
    if (attack == Attack.COPY || attack == Attack.DISGUISED_COPY) {
      average = values.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
  }

  /** Whether it says of whoever is not of its kind that it has banned them. */
  boolean slanders() {
    return attack == Attack.COLLUDE;
  }

  /** What it says of its progress: an usurper waits until there is something to take over. */
  OwnProgress said(OwnProgress own) {
    return usurps(own.epoch())
        ? new OwnProgress(
            own.epoch() + USURPED_EPOCHS,
            own.samples(),
            own.samplesTotal(),
            own.samplesPerSecond(),
            own.loss(),
            said(own.epoch(), own.digest()),
            own.activity(),
            own.lastEpoch())
        : own;
  }

  /** What it calls its parameters. */
  String said(long epoch, String digest) {
    return usurps(epoch) ? "sha256:" + "0".repeat(64) : digest;
  }

  /** The state that it gives to others. */
  TrainerState offered(TrainerState own) {
    return usurps(own.epoch())
        ? new TrainerState(
            own.epoch() + USURPED_EPOCHS,
            MemorySegment.ofArray(
                times(own.parameters().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED), -1)),
            own.optimizer())
        : own;
  }

  private boolean usurps(long epoch) {
    return attack == Attack.USURP && epoch >= USURPS_FROM;
  }

  /** What it makes of others' contributions to its own span. */
  Aggregation reducing(Aggregation honest) {
    return switch (attack) {
      case LYING_REDUCER -> new Distorted(honest, -1);
      case INFLATING_REDUCER -> new Distorted(honest, 10);
      case SHRINKING_REDUCER -> new Distorted(honest, 0.5f);
      case NONE,
          SIGN_FLIP,
          SCALE,
          NOISE,
          NAN,
          STALE,
          CONSTANT,
          COPY,
          DISGUISED_COPY,
          COLLUDE,
          USURP ->
          honest;
    };
  }

  /** Averages that are multiplied by something. */
  private record Distorted(Aggregation honest, float factor) implements Aggregation {
    @Override
    public Aggregator aggregator(List<Codec> codecs, List<Double> weights, int valuesMax) {
      Aggregator reduces = honest.aggregator(codecs, weights, valuesMax);
      return (received, self, own, from, values) -> {
        Aggregator.Mean mean = reduces.reduce(received, self, own, from, values);
        VectorMath.scale(mean.values(), 0, values, factor);
        return mean;
      };
    }
  }

  private void remember(float[] own) {
    boolean keeps = attack == Attack.STALE || (attack == Attack.CONSTANT && computed.size() < 2);
    if (keeps) {
      computed.addLast(own.clone());
    }
    if (computed.size() > STALE_BY_ROUNDS + 1) {
      computed.removeFirst();
    }
  }

  private static float[] times(float[] values, float factor) {
    for (int at = 0; at < values.length; at++) {
      values[at] *= factor;
    }
    return values;
  }

  /**
   * As large as float32 goes, since a peer's own program does not let out what is no number. In
   * float16 both are the same, 65,504; other bytes that are no numbers are refused by whoever gets
   * them.
   */
  private static float[] noNumbers(float[] values) {
    Arrays.fill(values, Float.MAX_VALUE);
    return values;
  }

  private float[] disguised(float[] values) {
    float[] disguise = times(noise(values.clone(), random), DISGUISE);
    for (int at = 0; at < disguise.length; at++) {
      disguise[at] += values[at];
    }
    return disguise;
  }

  private static float[] noise(float[] own, RandomGenerator random) {
    double squares = 0;
    for (float value : own) {
      squares += (double) value * value;
    }
    double deviation = Math.sqrt(squares / own.length);
    for (int at = 0; at < own.length; at++) {
      own[at] = (float) (deviation * random.nextGaussian());
    }
    return own;
  }
}
