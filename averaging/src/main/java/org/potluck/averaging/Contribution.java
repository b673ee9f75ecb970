package org.potluck.averaging;

import java.lang.foreign.MemorySegment;

/**
 * What one peer brings to a round: a flat vector of float32 values in native byte order, and how
 * much it counts.
 *
 * @param values all finite; a round ends as soon as it meets one that is not, and sends none. The
 *     size is a multiple of four bytes; the owner leaves it unchanged until the round has ended
 * @param weight samples or tokens behind it; finite and zero or more. With zero the peer helps
 *     average and receives the result but adds nothing to it.
 */
public record Contribution(MemorySegment values, double weight) {
  public Contribution {
    if (values.byteSize() % Float.BYTES != 0) {
      throw new IllegalArgumentException(values.byteSize() + " bytes are not whole float32 values");
    }
    if (!(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException("not a weight: " + weight);
    }
  }

  /** Number of float32 values. */
  public long length() {
    return values.byteSize() / Float.BYTES;
  }
}
