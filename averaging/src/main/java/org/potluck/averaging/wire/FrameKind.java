package org.potluck.averaging.wire;

import org.jspecify.annotations.Nullable;

/** What a frame carries. */
public enum FrameKind {
  /** A declaration, follower to leader. */
  JOIN(1),
  /** Redirection, refusal or the group, leader to follower. */
  ANSWER(2),
  /** First frame on a link between two members: which round this is. */
  HELLO(3),
  /** A chunk of the sender's contribution, to its reducer. */
  CONTRIBUTION(4),
  /** A chunk of the average. */
  AVERAGE(5),
  /** The sender holds the whole average, as it stands in a generation. */
  DONE(6),
  /** Enough members hold the whole average: it is final. */
  SETTLED(7),
  /** Stop accepting averages of dead and slow members and say what you hold. */
  FREEZE(8),
  /** The averaged chunks a member holds, to the coordinator. */
  HELD(9),
  /** Who answers for the chunks of dead and slow members from now on. */
  REASSIGN(10),
  /** Please send these averaged chunks if you hold them. */
  FETCH(11),
  /** The sender lives, though it has nothing to send. */
  ALIVE(12),
  /** The sender has lost a member. */
  SUSPECT(13),
  /** A chunk of a mean that the sender carries from one stage of a grid to the next. */
  CARRIED(14),
  /** The sender has no average of the stage it was asked for, and will have none. */
  LACKS(15),
  /** A chunk of the sender's contribution, signed, in a round whose averages may be reviewed. */
  SIGNED(16),
  /** A signed chunk that a member brought, from its reducer to whoever reviews the average. */
  EVIDENCE(17),
  /** What the sender's leader told it, signed; or two such, which contradict each other. */
  PLAN(18);

  private final int wireNumber;

  FrameKind(int wireNumber) {
    this.wireNumber = wireNumber;
  }

  /** What stands for this kind in a frame; never changes. */
  public int wireNumber() {
    return wireNumber;
  }

  /** Whether it carries values: chunks have a stream of their own between two members. */
  public boolean isChunk() {
    return switch (this) {
      case CONTRIBUTION, CARRIED, SIGNED, AVERAGE -> true;
      default -> false;
    };
  }

  static @Nullable FrameKind of(int wireNumber) {
    for (FrameKind kind : values()) {
      if (kind.wireNumber == wireNumber) {
        return kind;
      }
    }
    return null;
  }
}
