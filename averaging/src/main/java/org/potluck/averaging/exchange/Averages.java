package org.potluck.averaging.exchange;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;

/** The averaged chunks a member holds: decoded for itself, encoded for whoever asks. */
final class Averages {
  private final ChunkTable chunks;
  private final Codec codec;
  private final MemorySegment values;
  private final BitSet held = new BitSet();
  private @Nullable ByteBuffer[] frames;
  private double weight;

  Averages(Group group, ChunkTable chunks, Codec codec) {
    this.chunks = chunks;
    this.codec = codec;
    this.values = Arena.ofAuto().allocate(group.length() * Float.BYTES, Float.BYTES);
    this.frames = new @Nullable ByteBuffer[chunks.size()];
  }

  MemorySegment values() {
    return values;
  }

  /** Largest weight any chunk was averaged over. */
  double weight() {
    return weight;
  }

  boolean holds(int chunk) {
    return held.get(chunk);
  }

  boolean complete() {
    return held.cardinality() == chunks.size();
  }

  BitSet held() {
    return (BitSet) held.clone();
  }

  /**
   * Takes an encoded average.
   *
   * @return whether it is one: of the right length, and finite
   */
  boolean put(int chunk, ByteBuffer encoded, double chunkWeight) {
    int count = chunks.values(chunk);
    if (!codec.wellFormed(encoded, count)) {
      return false;
    }
    codec.decode(encoded, values, chunks.from(chunk), count);
    held.set(chunk);
    frames[chunk] = ChunkFrames.average(chunk, encoded, chunkWeight);
    weight = Math.max(weight, chunkWeight);
    return true;
  }

  /** The chunk as a frame to be written, or null where it is not held. */
  @Nullable ByteBuffer frame(int chunk) {
    ByteBuffer frame = frames[chunk];
    return frame == null ? null : frame.duplicate();
  }

  /** Forgets the encoded form. */
  void forget() {
    frames = new @Nullable ByteBuffer[chunks.size()];
  }
}
