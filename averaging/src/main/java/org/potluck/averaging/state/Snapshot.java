package org.potluck.averaging.state;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The state of a model at an epoch; immutable from here on.
 *
 * @param segments for instance parameters, then the optimizer's vectors
 * @param metadata small, opaque here
 */
public record Snapshot(long epoch, List<MemorySegment> segments, byte[] metadata) {
  /** Largest metadata. */
  public static final int METADATA_BYTES_MAX = 64 * 1024;

  public Snapshot {
    segments = List.copyOf(segments);
    metadata = metadata.clone();
    if (epoch < 0 || metadata.length > METADATA_BYTES_MAX) {
      throw new IllegalArgumentException(
          "epoch " + epoch + ", metadata of " + metadata.length + " bytes");
    }
  }

  @Override
  public byte[] metadata() {
    return metadata.clone();
  }
}
