package org.potluck.averaging;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import org.potluck.network.PeerId;

/** How a round ended for this peer. */
public sealed interface RoundOutcome {
  List<PeerFault> faults();

  RoundTiming timing();

  Seating seating();

  /**
   * Every value was averaged; all members that finish hold these very bits.
   *
   * @param average the decoded average, of the contribution's length, in native byte order; the
   *     receiver's to keep, or to {@link Averager#reuse give back}
   * @param weight the largest total weight any span was averaged over
   * @param members everyone in the group, in group order, this peer included
   * @param faults what went wrong with others on the way and was mended
   * @param timing where the time of the round went
   * @param seating what each member was to carry
   */
  record Averaged(
      MemorySegment average,
      double weight,
      List<PeerId> members,
      List<PeerFault> faults,
      RoundTiming timing,
      Seating seating)
      implements RoundOutcome {
    /** An average of which nobody will be told who carried what. */
    public Averaged(
        MemorySegment average,
        double weight,
        List<PeerId> members,
        List<PeerFault> faults,
        RoundTiming timing) {
      this(average, weight, members, faults, timing, Seating.NONE);
    }
  }

  /**
   * Nothing may be applied: no group was found, or the result could not be completed.
   *
   * @param reason one sentence for a person
   * @param seating the group, if one was found
   */
  record Abandoned(
      Cause cause, String reason, List<PeerFault> faults, RoundTiming timing, Seating seating)
      implements RoundOutcome {
    /** A round for which no group was found. */
    public Abandoned(Cause cause, String reason, List<PeerFault> faults, RoundTiming timing) {
      this(cause, reason, faults, timing, Seating.NONE);
    }
  }

  /** Why a round was abandoned. */
  enum Cause {
    /** Nobody else declared the same round in time. */
    NO_GROUP,
    /** A group formed but its result could not be completed by the deadline. */
    INCOMPLETE,
    /** The caller cancelled it. */
    CANCELLED
  }

  /** Where the time went: forming the group, then moving and reducing data. */
  record RoundTiming(Duration matchmaking, Duration exchange) {}
}
