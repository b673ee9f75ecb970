package org.potluck.trainer;

import java.lang.foreign.MemorySegment;

/**
 * One peer's copy of the model and everything that teaches it.
 *
 * <p>In {@code gradient} mode: call {@link #accumulate} until the swarm has its target batch, hand
 * {@link #gradients} to the averaging, then {@link #apply} what comes back. {@link #apply} and
 * {@link #restore} forget what was accumulated.
 */
public interface Trainer extends Model {
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

  /** Mean loss in nats per token on held-out text that no peer trains on. */
  double evaluate(int samples);

  /** Continues {@code prompt} by {@code tokens} tokens drawn at {@code temperature}. */
  String generate(String prompt, int tokens, double temperature, long seed);
}
