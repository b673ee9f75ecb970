package org.potluck.averaging.exchange;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.Storage;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.exchange.ChunkFrames.Chunk;

/** The averaged chunks a member holds: decoded for itself, encoded for whoever asks. */
final class Averages {
  private final ChunkTable chunks;
  private final Codec codec;
  private final Storage storage;
  private final MemorySegment values;
  private final Buffers buffers;
  private final BitSet held = new BitSet();

  /** Chunks whose body lies in a buffer that was lent, and has not been sent to anybody. */
  private final BitSet lent = new BitSet();

  private final long[] versions;
  private final double[] weights;
  private @Nullable ByteBuffer[] bodies;

  /**
   * @param codec of the averages
   * @param buffers that bodies which come from others lie in
   */
  Averages(ChunkTable chunks, Codec codec, Storage storage, Buffers buffers) {
    this.chunks = chunks;
    this.codec = codec;
    this.storage = storage;
    this.buffers = buffers;
    this.values = storage.values(chunks.length() * Float.BYTES);
    this.versions = new long[chunks.size()];
    this.weights = new double[chunks.size()];
    this.bodies = new @Nullable ByteBuffer[chunks.size()];
  }

  MemorySegment values() {
    return values;
  }

  /** Largest weight any chunk was averaged over. */
  double weight() {
    double largest = 0;
    for (double weight : weights) {
      largest = Math.max(largest, weight);
    }
    return largest;
  }

  /** What each chunk was averaged over. */
  double[] weights() {
    return weights.clone();
  }

  boolean holds(int chunk) {
    return held.get(chunk);
  }

  boolean complete() {
    return held.cardinality() == chunks.size();
  }

  int count() {
    return held.cardinality();
  }

  /** The chunks held, by version, lowest first. */
  Map<Long, BitSet> held() {
    Map<Long, BitSet> byVersion = new TreeMap<>();
    held.stream()
        .forEach(chunk -> byVersion.computeIfAbsent(versions[chunk], v -> new BitSet()).set(chunk));
    return byVersion;
  }

  /**
   * Decodes an average into its place; call in the workshop.
   *
   * @return whether it is one: of the right length, and finite
   */
  boolean decode(Chunk chunk) {
    int number = chunk.number();
    int count = chunks.values(number);
    if (!codec.wellFormed(chunk.payload(), count)) {
      return false;
    }
    codec.decode(chunk.payload(), values, chunks.from(number), count);
    return true;
  }

  /**
   * Holds an average that has been decoded.
   *
   * @param body the frame's body, from which {@code chunk} was read
   */
  void hold(Chunk chunk, ByteBuffer body) {
    int number = chunk.number();
    held.set(number);
    bodies[number] = storage.keep(body);
    versions[number] = chunk.version();
    weights[number] = chunk.weight();
  }

  /** The same with a body in a buffer that was lent for it, which is given back at the end. */
  void holdLent(Chunk chunk, ByteBuffer body) {
    hold(chunk, body);
    if (storage.copies()) {
      buffers.giveBack(body);
    } else {
      lent.set(chunk.number());
    }
  }

  /** Lets go of a chunk that is to be averaged anew. */
  void drop(int chunk) {
    held.clear(chunk);
    lent.clear(chunk);
    bodies[chunk] = null;
    weights[chunk] = 0;
  }

  long version(int chunk) {
    return versions[chunk];
  }

  /** The body of the chunk's frame, to be sent; or null where it is not held. */
  @Nullable ByteBuffer body(int chunk) {
    ByteBuffer body = bodies[chunk];
    // Nobody says when the network has no more need of it.
    lent.clear(chunk);
    return body == null ? null : body.duplicate();
  }

  /** The same for a number that somebody else says; null where there is no such chunk. */
  @Nullable ByteBuffer bodyOf(int chunk) {
    return chunk >= 0 && chunk < bodies.length ? body(chunk) : null;
  }

  /** A copy of the body of the chunk's frame, which outlives the round; or null. */
  @Nullable ByteBuffer copy(int chunk) {
    ByteBuffer body = bodies[chunk];
    return body == null ? null : Buffers.copy(body);
  }

  /** Forgets the encoded form. */
  void forget() {
    for (int chunk = lent.nextSetBit(0); chunk >= 0; chunk = lent.nextSetBit(chunk + 1)) {
      ByteBuffer body = bodies[chunk];
      if (body != null) {
        buffers.giveBack(body);
      }
    }
    bodies = new @Nullable ByteBuffer[chunks.size()];
    storage.close();
  }
}
