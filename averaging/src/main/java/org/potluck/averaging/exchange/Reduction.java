package org.potluck.averaging.exchange;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.codec.VectorMath;

/**
 * Reduces one chunk at a time: the weighted mean of the contributions that are there, in float32
 * and in group order, so that the same contributions always give the same bits.
 *
 * <p>A contribution is looked at before any of it is added. Weights are scaled by the group's
 * largest, which keeps the sum in range. The reducer's own contribution does not travel and is not
 * encoded.
 */
final class Reduction {
  private static final Codec EXACT = Codecs.of(CodecId.NONE);

  private final Group group;
  private final Codec codec;
  private final double weightMax;
  private final ByteBuffer exact;
  private final MemorySegment sum;

  Reduction(Group group, Codec codec) {
    this.group = group;
    this.codec = codec;
    this.weightMax = group.members().stream().mapToDouble(Member::weight).max().orElseThrow();
    this.exact = ByteBuffer.allocate(EXACT.encodedBytes(group.chunkValues()));
    this.sum = MemorySegment.ofArray(new float[group.chunkValues()]);
  }

  /** The mean, valid until the next call, its weight, and whose contributions were no numbers. */
  record Mean(MemorySegment values, double weight, BitSet implausible) {}

  /**
   * @param received encoded contributions by member; null where there is none
   * @param own this peer's vector, used in place of an encoded contribution of {@code self}
   */
  Mean reduce(@Nullable ByteBuffer[] received, int self, MemorySegment own, long from, int values) {
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
      float share = (float) (member.weight() / weightMax);
      if (m == self) {
        exact.clear();
        EXACT.encode(own, from, values, exact);
        EXACT.accumulate(exact.flip(), share, sum, 0, values);
      } else if (bytes != null && codec.wellFormed(bytes, values)) {
        codec.accumulate(bytes, share, sum, 0, values);
      } else {
        implausible.set(m);
        continue;
      }
      scale += share;
      weight += member.weight();
    }
    if (scale > 0) {
      VectorMath.scale(sum, 0, values, 1 / scale);
    }
    return new Mean(sum, weight, implausible);
  }
}
