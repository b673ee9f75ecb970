package org.potluck.averaging.exchange;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How long the slow are waited for: measured by what most others took, not by a fixed time.
 *
 * <p>Links differ by factors of a hundred, so being slower than others is no fault. A member is too
 * late when it takes several times what most took or what the plan expects of the slowest,
 * whichever is longer; and in any case when so little of the round's time is left that going on
 * without it would come too late as well.
 */
final class Pace {
  /** Of the time until the deadline, after which a sender is not waited for. */
  static final double SENDER_SHARE = 0.5;

  /** The same for a reducer: its senders have been given up by then. */
  static final double REDUCER_SHARE = 0.7;

  private final Round round;
  private Instant since;
  private @Nullable Duration mostTook;

  Pace(Round round, Instant since) {
    this.round = round;
    this.since = since;
  }

  /** New work was given out. */
  void restart(Instant now) {
    since = now;
    mostTook = null;
  }

  /**
   * @param most whether most are done
   * @param spare added to what is waited
   * @param share of the round's remaining time that is waited at most
   */
  boolean tooLate(Instant now, boolean most, Duration spare, double share) {
    Duration waited = Duration.between(since, now);
    if (most && mostTook == null) {
      mostTook = waited;
    }
    Duration budget = Duration.between(since, round.deadline);
    if (waited.compareTo(spare) > 0 && waited.toNanos() > share * budget.toNanos()) {
      return true;
    }
    Duration took = mostTook;
    if (took == null) {
      return false;
    }
    Duration expected = round.group.expected();
    Duration fair = took.compareTo(expected) > 0 ? took : expected;
    double limit = spare.toNanos() + round.options.patience() * fair.toNanos();
    return waited.toNanos() > limit;
  }
}
