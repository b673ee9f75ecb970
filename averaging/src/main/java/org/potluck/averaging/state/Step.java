package org.potluck.averaging.state;

import java.lang.foreign.MemorySegment;

/**
 * What leads from the state of one epoch to that of the next: who missed the round can go on with
 * its average, a sixth of the bytes of a state.
 *
 * @param epoch before
 * @param from digest of the parameters before
 * @param to digest of the parameters after
 * @param average what the optimizer was given: float32 values in native byte order
 */
public record Step(long epoch, String from, String to, MemorySegment average) {
  public Step {
    if (epoch < 0) {
      throw new IllegalArgumentException("epoch must not be negative: " + epoch);
    }
    if (from.length() > Manifest.DIGEST_CHARS_MAX || to.length() > Manifest.DIGEST_CHARS_MAX) {
      throw new IllegalArgumentException("a digest is too long");
    }
  }
}
