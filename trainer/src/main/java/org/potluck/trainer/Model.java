package org.potluck.trainer;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * One peer's copy of the model, and the steps it takes.
 *
 * <p>All peers that apply the same bytes to the same state hold the same bits afterwards. Confined
 * to one thread at a time.
 */
public interface Model extends AutoCloseable {
  /** Number of trainable float32 values: the length of every vector here. */
  long parameterCount();

  /** The optimizer steps taken since the model was initialised. */
  long epoch();

  /**
   * Clips, takes one optimizer step with {@code meanGradient}, and moves to the next epoch.
   *
   * @param meanGradient float32 values, native byte order, {@link #parameterCount} of them
   */
  void apply(MemorySegment meanGradient);

  /** {@code sha256:} and 64 hexadecimal digits over epoch and all parameters, little-endian. */
  String parameterDigest();

  /** Everything a newcomer needs to be where this peer is: epoch, parameters, optimizer state. */
  TrainerState state();

  /**
   * Becomes what {@code state} says.
   *
   * @throws IllegalArgumentException if it cannot be a state of this model: of another length, with
   *     values that are not finite, or with negative second moments; nothing is changed then
   */
  void restore(TrainerState state);

  /** Writes the model and its state into {@code folder}, all or nothing. */
  void save(Path folder);

  @Override
  void close();
}
