package org.potluck.monitor;

import java.time.Instant;
import java.util.List;

/**
 * A settled round, put together from what its members told of it.
 *
 * @param epoch that the round finished, or would have
 * @param at when it was settled
 * @param members the group in its order, {@link #MEMBERS_MAX} at most
 * @param membersTotal of the group, those not listed included
 * @param samples that the average was taken over; NaN while unknown
 * @param matchmakingSeconds the longest that a member looked for the group
 * @param exchangeSeconds the longest that a member exchanged data
 * @param bytes sent by the members that told
 * @param reason why it was abandoned, empty otherwise
 * @param missing who was there but not in it, and why, in words
 * @param faults what went wrong on the way, in words
 */
public record RoundStatus(
    String id,
    long epoch,
    Instant at,
    List<Member> members,
    int membersTotal,
    double samples,
    double matchmakingSeconds,
    double exchangeSeconds,
    long bytes,
    Outcome outcome,
    String reason,
    List<String> missing,
    List<String> faults) {
  static final int MEMBERS_MAX = 64;

  public RoundStatus {
    id = Clip.line(id, 128);
    members = List.copyOf(members.subList(0, Math.min(members.size(), MEMBERS_MAX)));
    reason = Clip.line(reason, Clip.SENTENCE);
    missing = Clip.lines(missing, 32, Clip.SENTENCE);
    faults = Clip.lines(faults, 32, Clip.SENTENCE);
  }

  /**
   * One member.
   *
   * @param id its peer id
   * @param share of the vector that it was to reduce, 0 to 1
   * @param samples behind its contribution, as it declared
   */
  public record Member(String id, String name, double share, double samples, Part part) {
    public Member {
      id = Clip.line(id, 128);
      name = Clip.line(name, Clip.NAME);
    }
  }

  /** How a member came out of the round. */
  public enum Part {
    /** It holds the average. */
    AVERAGED,
    /** It says that it has none. */
    ABANDONED,
    /** Another member says what it did wrong. */
    AT_FAULT,
    /** Nobody has said anything. */
    UNTOLD
  }

  /** How a round ended. */
  public enum Outcome {
    AVERAGED,
    ABANDONED
  }
}
