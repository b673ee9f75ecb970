package org.potluck.averaging.state;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The state of a run after some epoch.
 *
 * <p>Donors are only combined when their snapshots are equal in every bit, {@code metadata}
 * included, so nothing of one peer's own belongs into it.
 *
 * @param epoch optimizer steps taken
 * @param digest what the trainer calls these parameters; the one who downloads should check it
 * @param vectors in little-endian order; must not change while the snapshot is offered
 * @param metadata anything else, small
 */
@SuppressWarnings("ArrayRecordComponent")
public record Snapshot(long epoch, String digest, List<MemorySegment> vectors, byte[] metadata) {
  public Snapshot {
    if (epoch < 0) {
      throw new IllegalArgumentException("epoch must not be negative: " + epoch);
    }
    if (digest.length() > Manifest.DIGEST_CHARS_MAX
        || metadata.length > Manifest.METADATA_BYTES_MAX) {
      throw new IllegalArgumentException("the digest or the metadata is too long");
    }
    vectors = List.copyOf(vectors);
    metadata = metadata.clone();
  }

  /** Bytes of all vectors. */
  public long bytes() {
    return vectors.stream().mapToLong(MemorySegment::byteSize).sum();
  }
}
