package org.potluck.averaging.trust;

/** What can be held against a peer, and how much of its standing one round of it costs. */
public enum Misdeed {
  /** Values that are infinite or not numbers, or bytes that are no values. */
  NO_NUMBERS(0.5),
  /** Many times as long as what the others brought. */
  TOO_LARGE(0.5),
  /** Points to the opposite of where the others point, which no data of one's own make. */
  OPPOSES(0.35),
  /** Points away from where the others point. */
  CONTRADICTS(0.35),
  /** Has nothing to do with what the others found. */
  UNRELATED(0.35),
  /** Computed some rounds ago: agrees with the averages of then rather than with the others. */
  LATE(0.35),
  /** Next to nothing but an average of an earlier round, which everybody has. */
  COPIED(0.35),
  /** The very values of an earlier round that was averaged; that happens to nobody by chance. */
  REPEATED(0.7),
  /** More samples than the peer can have computed. */
  TOO_HEAVY(0.35),
  /** Took part while banned; that costs nothing more. */
  BANNED(0),
  /** A state that is not what its manifest says, or not what most others have. */
  FALSE_STATE(0.5),
  /** Began to give its state, and then gave next to nothing; a bad link may do that. */
  STALLED_STATE(0.1),
  /** Claims to be far ahead of all others, with a model that is worse than theirs. */
  FALSE_LEAD(0.2),
  /** As a reducer: an average in which what went into it is not found again. */
  FALSE_AVERAGE(0.35),
  /** As a reducer: an average that is not that of the contributions it was sent. */
  FAILED_REVIEW(0.7),
  /** As a reducer: does not show what it was sent. */
  UNPROVEN_AVERAGE(0.35),
  /** Not what comes of the samples that were the peer's to compute. */
  FAILED_AUDIT(0.7);

  private final double cost;

  Misdeed(double cost) {
    this.cost = cost;
  }

  /** Of a standing between 0 and 1. */
  double cost() {
    return cost;
  }
}
