package org.potluck.averaging.state;

import com.google.protobuf.ByteString;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.potluck.averaging.state.ChunkLayout.Chunk;

/** Chunks in ordinary memory. */
final class MemoryChunks implements ChunkStore {
  private final ChunkLayout layout;
  private final List<MemorySegment> vectors = new ArrayList<>();

  MemoryChunks(ChunkLayout layout) {
    this.layout = layout;
    Arena arena = Arena.ofAuto();
    for (long bytes : layout.vectorBytes()) {
      vectors.add(arena.allocate(bytes, Long.BYTES));
    }
  }

  @Override
  public void write(int index, ByteString data) {
    place(index).copyFrom(MemorySegment.ofBuffer(data.asReadOnlyByteBuffer()));
  }

  @Override
  public ByteString read(int index) {
    return ByteString.copyFrom(place(index).asByteBuffer());
  }

  @Override
  public List<Integer> found() {
    return List.of();
  }

  @Override
  public List<MemorySegment> vectors() {
    return vectors.stream().map(MemorySegment::asReadOnly).toList();
  }

  @Override
  public void close() {}

  @Override
  public void clear() {}

  private MemorySegment place(int index) {
    Chunk chunk = layout.chunk(index);
    return vectors.get(chunk.vector()).asSlice(chunk.offset(), chunk.bytes());
  }
}
