package org.potluck.averaging.reduce;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.VectorMath;

/**
 * Averages one chunk at a time over the members of a group.
 *
 * <p>Floating-point addition is not associative, and contributions arrive in any order. Adding them
 * as they come would make the average depend on the network's mood, so that a stand-in that
 * recomputes it, or a replay of the same seed, would get other bits. So a chunk waits, encoded,
 * until everybody's is there or given up, and is then summed in group order, in float32.
 *
 * <p>Weights are divided by their sum before they are used: the running sum never exceeds the
 * largest contribution and cannot overflow. What rounding made of these shares is put right at the
 * end. The reducer's own contribution does not travel and is not encoded.
 */
public final class Reduction implements Aggregator {
  private static final int NOBODY = -1;

  private final List<Codec> codecs;
  private final double[] weights;
  private final MemorySegment sum;

  /**
   * @param codecs of the contributions, by member
   * @param weights one per member, in group order, each finite and zero or more
   * @param valuesMax values of the longest chunk
   */
  public Reduction(List<Codec> codecs, List<Double> weights, int valuesMax) {
    this.codecs = List.copyOf(codecs);
    this.weights = weights.stream().mapToDouble(Double::doubleValue).toArray();
    double total = 0;
    for (double weight : this.weights) {
      if (!(weight >= 0)) {
        throw new IllegalArgumentException("not a weight: " + weight);
      }
      total += weight;
    }
    if (Double.isInfinite(total)) {
      throw new IllegalArgumentException("the weights' sum is not finite");
    }
    this.sum = Arena.ofAuto().allocate((long) valuesMax * Float.BYTES, Float.BYTES);
  }

  @Override
  public Mean reduce(
      @Nullable ByteBuffer[] received, int self, MemorySegment own, long from, int values) {
    return reduce(received, weights, self, own, from, values);
  }

  /**
   * The mean of contributions that all have travelled, with weights of this chunk's own.
   *
   * @param received well formed; null where there is none
   * @param chunkWeights one per member, each finite and zero or more, as is their sum
   */
  public Mean reduce(@Nullable ByteBuffer[] received, double[] chunkWeights, int values) {
    return reduce(received, chunkWeights, NOBODY, MemorySegment.NULL, 0, values);
  }

  private Mean reduce(
      @Nullable ByteBuffer[] received,
      double[] weights,
      int self,
      MemorySegment own,
      long from,
      int values) {
    BitSet present = new BitSet();
    double weight = 0;
    for (int member = 0; member < weights.length; member++) {
      if (weights[member] > 0 && (member == self || received[member] != null)) {
        present.set(member);
        weight += weights[member];
      }
    }
    sum(received, present, weights, weight, self, own, from, values);
    return new Mean(sum, weight);
  }

  private void sum(
      @Nullable ByteBuffer[] received,
      BitSet present,
      double[] weights,
      double weight,
      int self,
      MemorySegment own,
      long from,
      int values) {
    sum.asSlice(0, (long) values * Float.BYTES).fill((byte) 0);
    double shares = 0;
    for (int member = present.nextSetBit(0); member >= 0; member = present.nextSetBit(member + 1)) {
      float share = (float) (weights[member] / weight);
      ByteBuffer bytes = received[member];
      if (member == self) {
        VectorMath.addScaled(own, from, share, sum, 0, values);
      } else if (bytes != null) {
        codecs.get(member).accumulate(bytes, share, sum, 0, values);
      }
      shares += share;
    }
    float correction = (float) (1 / shares);
    if (shares > 0 && correction != 1) {
      VectorMath.scale(sum, 0, values, correction);
    }
  }
}
