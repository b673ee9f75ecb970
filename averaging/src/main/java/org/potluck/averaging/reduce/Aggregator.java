package org.potluck.averaging.reduce;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Makes one chunk of everybody's chunks: a pure function of what came and of who is in the group.
 * What is no contribution has been sorted out before: whoever judges contributions decodes them.
 */
public interface Aggregator {
  /**
   * @param values the mean, valid until the next reduction
   * @param weight the weight of those it was taken over; with zero the values mean nothing
   */
  record Mean(MemorySegment values, double weight) {}

  /**
   * @param received encoded contributions by member, each {@link
   *     org.potluck.averaging.codec.Codec#wellFormed well formed}; null where there is none
   * @param self the member whose contribution is {@code own} instead, or -1 for none; without
   *     weight it is not read
   * @param own a vector of float32 values, of which {@code values} from {@code from} on are reduced
   */
  Mean reduce(@Nullable ByteBuffer[] received, int self, MemorySegment own, long from, int values);
}
