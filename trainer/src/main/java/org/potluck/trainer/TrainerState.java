package org.potluck.trainer;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A model at rest.
 *
 * @param epoch optimizer steps taken
 * @param parameters flat float32 values in native byte order
 * @param optimizer the optimizer's vectors (for AdamW the first, then the second moments), each of
 *     the parameters' length
 */
public record TrainerState(long epoch, MemorySegment parameters, List<MemorySegment> optimizer) {
  public TrainerState {
    optimizer = List.copyOf(optimizer);
    for (MemorySegment vector : optimizer) {
      if (vector.byteSize() != parameters.byteSize()) {
        throw new IllegalArgumentException(
            "optimizer vector of %d bytes beside parameters of %d"
                .formatted(vector.byteSize(), parameters.byteSize()));
      }
    }
  }
}
