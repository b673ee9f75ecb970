package org.potluck.trainer;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * One peer's copy of the model and everything that teaches it.
 *
 * <p>In {@code gradient} mode: call {@link #accumulate} until the swarm has its target batch, hand
 * {@link #gradients} to the averaging, then {@link #apply} what comes back. All peers that apply
 * the same bytes to the same state hold the same bits afterwards. Confined to one thread at a time.
 */
public interface Trainer extends AutoCloseable {
  /** Number of trainable float32 values: the length of every vector here. */
  long parameterCount();

  /** The optimizer steps taken since the model was initialised. */
  long epoch();

  /**
   * Runs forward and backward on one micro-batch and adds its gradient to what was accumulated.
   *
   * @param draw says which samples; a pure function of it and the run's seed
   */
  Microbatch accumulate(SampleDraw draw);

  /**
   * The mean gradient over the samples accumulated since the last {@link #apply}; zeros if none.
   */
  MemorySegment gradients();

  /** Samples accumulated since the last {@link #apply} or {@link #discard}. */
  long accumulatedSamples();

  /** Forgets what was accumulated. */
  void discard();

  /**
   * Clips, takes one optimizer step with {@code meanGradient}, forgets what was accumulated, and
   * moves to the next epoch.
   *
   * @param meanGradient float32 values, native byte order, {@link #parameterCount} of them
   */
  void apply(MemorySegment meanGradient);

  /** {@code sha256:} and 64 hexadecimal digits over epoch and all parameters, little-endian. */
  String parameterDigest();

  /** Everything a newcomer needs to be where this peer is: epoch, parameters, optimizer state. */
  TrainerState state();

  /**
   * Becomes what {@code state} says; what was accumulated is forgotten.
   *
   * @throws IllegalArgumentException if it cannot be a state of this model: of another length, with
   *     values that are not finite, or with negative second moments; nothing is changed then
   */
  void restore(TrainerState state);

  /** Mean loss in nats per token on held-out text that no peer trains on. */
  double evaluate(int samples);

  /** Continues {@code prompt} by {@code tokens} tokens drawn at {@code temperature}. */
  String generate(String prompt, int tokens, double temperature, long seed);

  /** Writes the model and its state into {@code folder}, all or nothing. */
  void save(Path folder);

  @Override
  void close();
}
