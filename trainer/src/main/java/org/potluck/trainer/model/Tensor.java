package org.potluck.trainer.model;

/**
 * One named tensor inside the flat parameter vector.
 *
 * @param name its name in GPT-2's published checkpoints
 * @param rows first dimension; 1 for a vector
 * @param columns second dimension, or the length of a vector
 * @param offset index of its first value in the flat vector
 * @param first how it is initialised
 */
public record Tensor(String name, int rows, int columns, int offset, First first) {
  /** How a tensor starts. */
  public enum First {
    ZEROS,
    ONES,
    /** A matrix, normal with deviation 0.02. */
    NORMAL,
    /** A matrix that feeds the residual stream: normal, narrower the more layers there are. */
    RESIDUAL
  }

  /** Number of values. */
  public int size() {
    return rows * columns;
  }

  /** Index after its last value. */
  public int end() {
    return offset + size();
  }

  /** Whether it is a matrix: only matrices decay. */
  public boolean matrix() {
    return first == First.NORMAL || first == First.RESIDUAL;
  }

  /**
   * Whether GPT-2's checkpoints hold it transposed: here a layer's weights are (out, in) as
   * PyTorch's fused linear wants them, there (in, out).
   */
  public boolean transposedOnDisk() {
    return matrix() && name.contains(".h.");
  }
}
