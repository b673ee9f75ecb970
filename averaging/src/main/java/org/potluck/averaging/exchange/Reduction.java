package org.potluck.averaging.exchange;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Reduces one chunk at a time: the weighted mean of the contributions that are there, in float32
 * and in group order, so that the same contributions always give the same bits.
 *
 * <p>A contribution is decoded and looked at before any of it is added. Weights are scaled by the
 * group's largest, which keeps the sum in range and makes a lone contribution its own mean exactly.
 */
final class Reduction {
  private final Group group;
  private final ChunkCodec codec;
  private final double weightMax;
  private final MemorySegment one;
  private final MemorySegment sum;

  Reduction(Group group, ChunkCodec codec) {
    this.group = group;
    this.codec = codec;
    this.weightMax = group.members().stream().mapToDouble(Member::weight).max().orElseThrow();
    this.one = MemorySegment.ofArray(new float[group.chunkValues()]);
    this.sum = MemorySegment.ofArray(new float[group.chunkValues()]);
  }

  /** The mean, valid until the next call, its weight, and whose contributions were no numbers. */
  record Mean(MemorySegment values, double weight, BitSet implausible) {}

  /**
   * @param received encoded contributions by member; null where there is none
   * @param own this peer's vector, used in place of an encoded contribution of {@code self}
   */
  Mean reduce(
      @Nullable ByteBuffer[] received, int self, MemorySegment own, long from, int values) {
    sum.fill((byte) 0);
    BitSet implausible = new BitSet();
    double weight = 0;
    float scale = 0;
    for (int m = 0; m < received.length; m++) {
      Member member = group.members().get(m);
      ByteBuffer bytes = received[m];
      if (!member.contributes() || (m != self && bytes == null)) {
        continue;
      }
      if (m == self) {
        MemorySegment.copy(own, from * Float.BYTES, one, 0, (long) values * Float.BYTES);
      } else if (bytes != null && !decodes(bytes, values)) {
        implausible.set(m);
        continue;
      }
      if (!finite(one, values)) {
        implausible.set(m);
        continue;
      }
      float share = (float) (member.weight() / weightMax);
      add(share, values);
      scale += share;
      weight += member.weight();
    }
    for (int i = 0; i < values; i++) {
      sum.setAtIndex(ValueLayout.JAVA_FLOAT, i, sum.getAtIndex(ValueLayout.JAVA_FLOAT, i) / scale);
    }
    return new Mean(sum, weight, implausible);
  }

  private boolean decodes(ByteBuffer bytes, int values) {
    try {
      codec.decode(bytes.duplicate(), one, 0, values);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private void add(float share, int values) {
    for (int i = 0; i < values; i++) {
      float term = share * one.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      sum.setAtIndex(ValueLayout.JAVA_FLOAT, i, sum.getAtIndex(ValueLayout.JAVA_FLOAT, i) + term);
    }
  }

  /** Zero times a number is zero, times anything else it is not. */
  static boolean finite(MemorySegment vector, int values) {
    float zeros = 0;
    for (int i = 0; i < values; i++) {
      zeros += 0 * vector.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
    return zeros == 0;
  }
}
