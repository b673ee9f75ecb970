package org.potluck.averaging.reduce;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.VectorMath;

/**
 * Averages one chunk of a span over the members of a group.
 *
 * <p>Floating-point addition is not associative, and contributions arrive in any order. Adding them
 * as they come would make the average depend on the network's mood, so that a stand-in that
 * recomputes it, or a replay of the same seed, would get other bits. Here members are added in
 * group order: one that comes early waits, still encoded, until everybody before it has come or has
 * been skipped. Memory is bounded by one encoded chunk per member.
 *
 * <p>Weights are divided by the sum of all declared weights before they are used. The running sum
 * then never exceeds the largest contribution, so it cannot overflow; at the end it is divided by
 * the part of the weight that did come.
 */
public final class SpanAccumulator {
  private enum Turn {
    AWAITED,
    HELD,
    ADDED,
    SKIPPED
  }

  private final Codec codec;
  private final double[] weights;
  private final double declaredWeight;
  private final MemorySegment sum;
  private final int values;
  private final Turn[] turns;
  private final @Nullable ByteBuffer[] held;
  private int next;
  private double addedWeight;
  private boolean finished;

  /**
   * @param codec of the contributions
   * @param weights one per member, in group order, each finite and zero or more; a member with zero
   *     is not waited for
   * @param sum {@code values} float32 values to work in and to leave the average in; overwritten
   */
  public SpanAccumulator(Codec codec, List<Double> weights, MemorySegment sum, int values) {
    if (sum.byteSize() != (long) values * Float.BYTES) {
      throw new IllegalArgumentException(sum.byteSize() + " bytes are not " + values + " values");
    }
    this.codec = codec;
    this.weights = weights.stream().mapToDouble(Double::doubleValue).toArray();
    this.sum = sum;
    this.values = values;
    this.turns = new Turn[this.weights.length];
    this.held = new @Nullable ByteBuffer[this.weights.length];
    double total = 0;
    for (int i = 0; i < this.weights.length; i++) {
      double weight = this.weights[i];
      if (!(weight >= 0) || Double.isInfinite(weight)) {
        throw new IllegalArgumentException("not a weight: " + weight);
      }
      turns[i] = weight == 0 ? Turn.SKIPPED : Turn.AWAITED;
      total += weight;
    }
    if (Double.isInfinite(total)) {
      throw new IllegalArgumentException("the weights' sum is not finite");
    }
    this.declaredWeight = total;
    sum.fill((byte) 0);
    advance();
  }

  /** Whether a contribution of this member is still wanted. */
  public boolean awaits(int member) {
    return turns[member] == Turn.AWAITED;
  }

  /**
   * Takes the chunk of one member. It may be kept, not copied, until its turn, so the caller must
   * leave the bytes alone until {@link #isComplete}.
   *
   * @param encoded remaining bytes that are {@link Codec#wellFormed}
   * @throws IllegalStateException when this member is not awaited
   */
  public void add(int member, ByteBuffer encoded) {
    if (!awaits(member)) {
      throw new IllegalStateException("member " + member + " is not awaited");
    }
    turns[member] = Turn.HELD;
    held[member] = encoded.slice();
    advance();
  }

  /**
   * Goes on without a member that failed; its weight does not count.
   *
   * @return whether it was still awaited
   */
  public boolean skip(int member) {
    if (!awaits(member)) {
      return false;
    }
    turns[member] = Turn.SKIPPED;
    advance();
    return true;
  }

  /** Whether every member's chunk was added or skipped. */
  public boolean isComplete() {
    return next == turns.length;
  }

  /** Bytes waiting for their turn. */
  public long heldBytes() {
    long bytes = 0;
    for (ByteBuffer chunk : held) {
      bytes += chunk == null ? 0 : chunk.remaining();
    }
    return bytes;
  }

  /**
   * Turns the sum into the average and returns the weight behind it. Zero means that nobody with
   * weight contributed: the average is then all zeros, and there is nothing to apply.
   *
   * @throws IllegalStateException when a member is still awaited, or on a second call
   */
  public double finish() {
    if (!isComplete() || finished) {
      throw new IllegalStateException(finished ? "finished before" : "member " + next + " awaited");
    }
    finished = true;
    if (addedWeight > 0) {
      VectorMath.scale(
          sum, 0, values, (float) Math.min(Float.MAX_VALUE, declaredWeight / addedWeight));
    }
    return addedWeight;
  }

  private void advance() {
    while (next < turns.length && turns[next] != Turn.AWAITED) {
      ByteBuffer chunk = held[next];
      if (chunk != null) {
        codec.accumulate(chunk, weights[next] / declaredWeight, sum, 0, values);
        addedWeight += weights[next];
        held[next] = null;
        turns[next] = Turn.ADDED;
      }
      next++;
    }
  }
}
