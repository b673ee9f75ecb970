package org.potluck.averaging.codec;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * Remembers what a lossy codec dropped and adds it to the next vector (Seide et al., "1-Bit
 * Stochastic Gradient Descent", 2014; Karimireddy et al., arXiv 1901.09847).
 *
 * <p>With memory e, vector v and codec C: e becomes {@code decay * e + v}, {@code C(e)} is sent,
 * and e becomes {@code e - C(e)}. Nothing is lost for good, only late, and a decay below one
 * forgets what is too old to be right (SparseLoCo takes 0.95).
 *
 * <p>{@link #compensate} leaves in the vector what others will decode. So a peer that reduces a
 * part of the vector itself counts the same values as everybody else, and the memory does not
 * depend on who reduces what. Encoding those values again gives them back, up to a rounding.
 *
 * <p>One object serves one stream of vectors of one peer, on one thread. Its memory is off the
 * heap, one float32 a value.
 */
public final class ErrorFeedback {
  private static final int CHUNK = 16 * Codec.BLOCK_VALUES;

  private final Codec codec;
  private final float decay;
  private final long length;
  private final MemorySegment residual;
  private final ByteBuffer encoded;

  /**
   * @param length of the vectors, in values
   * @param decay from 0, which forgets at once, to 1, which never forgets
   */
  public ErrorFeedback(Codec codec, long length, double decay) {
    if (length < 0 || !(decay >= 0 && decay <= 1)) {
      throw new IllegalArgumentException("length " + length + ", decay " + decay);
    }
    this.codec = codec;
    this.decay = (float) decay;
    this.length = length;
    this.residual = Arena.ofAuto().allocate(length * Float.BYTES, 64);
    this.encoded = ByteBuffer.allocateDirect(codec.encodedBytes((int) Math.min(CHUNK, length)));
  }

  /**
   * Adds what was dropped before and leaves in {@code vector} what the codec keeps of the sum.
   *
   * @param vector {@code length} finite values; sums saturate at the largest finite float32
   */
  public void compensate(MemorySegment vector) {
    check(vector);
    VectorMath.scale(residual, 0, length, decay);
    for (long from = 0; from < length; from += CHUNK) {
      int n = (int) Math.min(CHUNK, length - from);
      add(vector, from, n, 1);
      codec.encode(residual, from, n, encoded.clear());
      encoded.flip();
      codec.decode(encoded, vector, from, n);
      codec.accumulate(encoded, -1, residual, from, n);
    }
  }

  /**
   * Undoes the last {@link #compensate} of a round that failed, but for the decay: what was dropped
   * before is remembered again, and {@code brought} may be brought anew.
   *
   * @param sent what compensate left
   * @param brought what it was given
   */
  public void withdraw(MemorySegment sent, MemorySegment brought) {
    check(sent);
    check(brought);
    for (long from = 0; from < length; from += CHUNK) {
      int n = (int) Math.min(CHUNK, length - from);
      add(sent, from, n, 1);
      add(brought, from, n, -1);
    }
  }

  /** What is remembered, {@code length} values, to be saved with a checkpoint. */
  public MemorySegment residual() {
    return residual.asReadOnly();
  }

  /** Puts back what was saved; values that are not finite are refused. */
  public void restore(MemorySegment saved) {
    check(saved);
    if (!VectorMath.allFinite(saved, 0, length)) {
      throw new IllegalArgumentException("the saved residual is not finite");
    }
    residual.copyFrom(saved);
  }

  private void add(MemorySegment vector, long from, int count, float factor) {
    float[] added = new float[count];
    float[] sums = new float[count];
    long at = from * Float.BYTES;
    MemorySegment.copy(vector, ValueLayout.JAVA_FLOAT_UNALIGNED, at, added, 0, count);
    MemorySegment.copy(residual, ValueLayout.JAVA_FLOAT, at, sums, 0, count);
    for (int i = 0; i < count; i++) {
      sums[i] = Math.clamp(sums[i] + factor * added[i], -Float.MAX_VALUE, Float.MAX_VALUE);
    }
    MemorySegment.copy(sums, 0, residual, ValueLayout.JAVA_FLOAT, at, count);
  }

  private void check(MemorySegment vector) {
    if (vector.byteSize() != length * Float.BYTES) {
      throw new IllegalArgumentException(
          vector.byteSize() + " bytes are not " + length + " values");
    }
  }
}
