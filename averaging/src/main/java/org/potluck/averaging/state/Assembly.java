package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.potluck.averaging.state.ChunkLayout.Chunk;

/** A snapshot on its way: the memory it goes to, and which chunks are there. */
final class Assembly {
  private final Manifest manifest;
  private final List<MemorySegment> vectors = new ArrayList<>();
  private final BitSet present = new BitSet();

  Assembly(Manifest manifest) {
    this.manifest = manifest;
    Arena arena = Arena.ofAuto();
    for (long bytes : manifest.layout().vectorBytes()) {
      vectors.add(arena.allocate(bytes, Long.BYTES));
    }
  }

  Manifest manifest() {
    return manifest;
  }

  /** Takes a chunk that was checked. */
  void put(int index, ByteString data) {
    Chunk chunk = manifest.layout().chunk(index);
    vectors
        .get(chunk.vector())
        .asSlice(chunk.offset(), chunk.bytes())
        .copyFrom(MemorySegment.ofBuffer(data.asReadOnlyByteBuffer()));
    present.set(index);
  }

  boolean has(int index) {
    return present.get(index);
  }

  int chunks() {
    return (int) manifest.layout().chunks();
  }

  int chunksPresent() {
    return present.cardinality();
  }

  boolean complete() {
    return chunksPresent() == chunks();
  }

  Snapshot snapshot() {
    return new Snapshot(
        manifest.epoch(),
        manifest.digest(),
        vectors.stream().map(MemorySegment::asReadOnly).toList(),
        manifest.metadata().toByteArray());
  }
}
