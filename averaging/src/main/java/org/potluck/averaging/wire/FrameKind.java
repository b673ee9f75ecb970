package org.potluck.averaging.wire;

import org.jspecify.annotations.Nullable;

/** What a frame carries; the ordinal travels. New kinds go to the end. */
public enum FrameKind {
  /** A declaration, follower to leader. */
  JOIN,
  /** Redirection, refusal or the group, leader to follower. */
  ANSWER,
  /** First frame on a link between two members: which round this is. */
  HELLO,
  /** A chunk of the sender's contribution, to its reducer. */
  CONTRIBUTION,
  /** A chunk of the average. */
  AVERAGE,
  /** The sender holds the whole average. */
  DONE,
  /** A member seems dead, to the coordinator. */
  SUSPECT,
  /** Stop accepting averages of dead members and say what you hold. */
  FREEZE,
  /** The averaged chunks a member holds, to the coordinator. */
  HELD,
  /** Who answers for the chunks of dead members from now on. */
  REASSIGN,
  /** Please send these averaged chunks if you hold them. */
  FETCH,
  /** Asks a donor for a manifest or a piece of its snapshot. */
  STATE_REQUEST,
  /** The donor's manifest. */
  STATE_MANIFEST,
  /** A piece of the donor's snapshot. */
  STATE_PIECE,
  /** The donor cannot help now. */
  STATE_REFUSED,
  /** A progress record. */
  PROGRESS;

  private static final FrameKind[] ALL = values();

  static @Nullable FrameKind of(int ordinal) {
    return ordinal < ALL.length ? ALL[ordinal] : null;
  }
}
