package org.potluck.peer.run;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.codec.ErrorFeedback;

/**
 * What a coarse codec has dropped of this peer's gradients so far; without such a codec it does
 * nothing. Used by the training thread alone.
 */
final class GradientMemory {
  /** What was dropped long ago fits the model no more (SparseLoCo's figure). */
  private static final double DECAY = 0.95;

  private final CodecId codec;
  private @Nullable ErrorFeedback feedback;

  /**
   * @param codec of contributions
   */
  GradientMemory(CodecId codec) {
    this.codec = codec;
  }

  /**
   * What to bring to a round in place of the gradients, which are left as they are.
   *
   * @param samples behind the gradients; with none they do not count, and nothing is added to them
   */
  MemorySegment send(MemorySegment gradients, long samples) {
    if (!codec.isCoarse() || samples == 0) {
      return gradients;
    }
    long length = gradients.byteSize() / Float.BYTES;
    ErrorFeedback own = feedback;
    if (own == null) {
      feedback = own = new ErrorFeedback(Codecs.of(codec), length, DECAY);
    }
    MemorySegment sent = Arena.ofAuto().allocate(gradients.byteSize(), 64).copyFrom(gradients);
    own.compensate(sent);
    return sent;
  }

  /** A round that came to nothing is forgotten: its gradients will be brought again. */
  void settle(RoundOutcome outcome, MemorySegment sent, MemorySegment gradients) {
    ErrorFeedback own = feedback;
    if (own != null && !sent.equals(gradients) && outcome instanceof RoundOutcome.Abandoned) {
      own.withdraw(sent, gradients);
    }
  }
}
