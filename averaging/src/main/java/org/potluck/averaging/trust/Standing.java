package org.potluck.averaging.trust;

import java.time.Duration;
import java.time.Instant;

/**
 * What one peer thinks of another: between 1, nothing against it, and 0, at which it is banned.
 *
 * <p>Misdeeds take from it, clean rounds and time give back, so that one bad round is forgotten and
 * a habit is not. A ban expires, because machines get repaired; the next one is twice as long.
 * Afterwards the peer is on probation: half of its standing is gone.
 *
 * @param score as of {@code asOf}
 * @param reason of the last misdeed, a sentence for people; empty when nothing was ever wrong
 * @param asOf when the score was last written down
 * @param bannedUntil in the past while not banned
 * @param bans how many there were
 */
record Standing(double score, String reason, Instant asOf, Instant bannedUntil, int bans) {
  static final Duration BAN_FIRST = Duration.ofMinutes(10);

  private static final double PER_CLEAN_ROUND = 0.05;
  private static final double PER_HOUR = 0.5;
  private static final double ON_PROBATION = 0.5;

  /** Of a peer of whom nothing is known. */
  static Standing good(Instant now) {
    return new Standing(1, "", now, Instant.MIN, 0);
  }

  boolean banned(Instant now) {
    return bannedUntil.isAfter(now);
  }

  /** Whether there is nothing to tell of it any more. */
  boolean spotless(Instant now) {
    return bans == 0 && at(now).score == 1;
  }

  /** The same standing later. */
  Standing at(Instant now) {
    if (banned(now)) {
      return this;
    }
    Instant since = bannedUntil.isAfter(asOf) ? bannedUntil : asOf;
    double hours = Math.max(0, Duration.between(since, now).toMillis() / 3.6e6);
    return new Standing(Math.min(1, score + PER_HOUR * hours), reason, now, bannedUntil, bans);
  }

  /**
   * @param cost what it loses
   */
  Standing after(double cost, String why, Instant now) {
    if (banned(now)) {
      return this;
    }
    double left = at(now).score - cost;
    if (left > 1e-9) {
      return new Standing(left, why, now, bannedUntil, bans);
    }
    Duration length = BAN_FIRST.multipliedBy(1L << Math.min(bans, 20));
    Duration bounded = length.compareTo(Ban.LONGEST) < 0 ? length : Ban.LONGEST;
    return new Standing(ON_PROBATION, why, now, now.plus(bounded), bans + 1);
  }

  /** A round in which nothing was wrong. */
  Standing afterCleanRound(Instant now) {
    Standing here = at(now);
    double better = Math.min(1, here.score + PER_CLEAN_ROUND);
    return banned(now) ? this : new Standing(better, reason, now, bannedUntil, bans);
  }
}
