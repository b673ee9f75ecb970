package org.potluck.averaging;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import org.potluck.averaging.exchange.Course;
import org.potluck.averaging.exchange.Member;
import org.potluck.averaging.exchange.Rounds;
import org.potluck.averaging.exchange.SignedCourse;
import org.potluck.averaging.matchmaking.Attendance;
import org.potluck.averaging.matchmaking.Matchmaker;
import org.potluck.network.EventLoop;

/**
 * A peer's place in a round to come: taken while it still computes, filled when its contribution is
 * there.
 *
 * <p>All methods are called on the network's loop, and futures complete there.
 */
public final class Enlistment {
  private final EventLoop loop;
  private final RoundTerms terms;
  private final Matchmaker matchmaker;
  private final Rounds rounds;
  private final BiConsumer<Enlistment, RoundOutcome> ended;
  private final CompletableFuture<RoundOutcome> outcome = new CompletableFuture<>();
  private String round = "";
  private boolean brought;
  private boolean cancelled;

  Enlistment(
      EventLoop loop,
      RoundTerms terms,
      Matchmaker matchmaker,
      Rounds rounds,
      BiConsumer<Enlistment, RoundOutcome> ended) {
    this.loop = loop;
    this.terms = terms;
    this.matchmaker = matchmaker;
    this.rounds = rounds;
    this.ended = ended;
  }

  public RoundTerms terms() {
    return terms;
  }

  /** Completes when the leader says that the target batch is there; perhaps never. */
  public CompletableFuture<Void> called() {
    return matchmaker.called();
  }

  /** Whether the search for the group has ended, for whatever reason. */
  public boolean searched() {
    return matchmaker.found().isDone();
  }

  /** Whether the contribution has been brought. */
  public boolean brought() {
    return brought;
  }

  /** Other peers are there than were. */
  public void expect(Attendance attendance) {
    matchmaker.expect(attendance);
  }

  /** The target batch is there: if this peer leads, it calls the others. */
  public void due() {
    matchmaker.due();
  }

  /** About how long this peer still needs for its contribution. */
  public void readyIn(Duration estimate) {
    matchmaker.readyIn(estimate);
  }

  /**
   * Takes part with {@code contribution}. The future never fails: what goes wrong with others is
   * part of the outcome.
   *
   * @param deadline the round ends by then, one way or the other
   * @throws IllegalArgumentException when the contribution is of another length
   */
  public CompletableFuture<RoundOutcome> bring(Contribution contribution, Instant deadline) {
    if (brought || contribution.length() != terms.length()) {
      throw new IllegalArgumentException("not the contribution that was announced");
    }
    brought = true;
    Instant since = loop.now();
    var _ =
        matchmaker
            .found()
            .thenCompose(course -> exchange(course, contribution, since, deadline))
            .exceptionally(failure -> noGroup(failure, since))
            .thenAccept(
                value -> {
                  ended.accept(this, value);
                  outcome.complete(value);
                });
    matchmaker.bring(contribution.weight(), deadline);
    return outcome;
  }

  /** Gives the round up, at once. */
  public void cancel() {
    cancelled = true;
    matchmaker.cancel();
    rounds.cancel(round);
  }

  /**
   * Lets go of a place that was not filled, and of a search that runs; an exchange that has begun
   * goes on.
   *
   * @return whether the round is given up
   */
  public boolean withdraw() {
    cancelled |= !searched();
    matchmaker.cancel();
    return cancelled;
  }

  private CompletableFuture<RoundOutcome> exchange(
      SignedCourse told, Contribution contribution, Instant since, Instant deadline) {
    Course course = told.course();
    round = course.name();
    int quorum = matchmaker.quorum();
    return rounds
        .pass(told, contribution, Duration.between(since, loop.now()), deadline)
        .thenApply(
            value -> {
              RoundOutcome confirmed = confirmed(value, course.peers(), quorum);
              judge(confirmed, course, quorum);
              return confirmed;
            });
  }

  /** Whether the leader's plan could have come to anything. */
  private void judge(RoundOutcome outcome, Course course, int quorum) {
    switch (outcome) {
      case RoundOutcome.Averaged _ -> matchmaker.succeeded();
      case RoundOutcome.Abandoned abandoned -> {
        boolean betrayed =
            abandoned.faults().stream()
                .anyMatch(
                    fault ->
                        fault instanceof PeerFault.TwoFaced && matchmaker.followed(fault.peer()));
        boolean incomplete = abandoned.cause() == RoundOutcome.Cause.INCOMPLETE;
        boolean leaderless =
            abandoned.faults().stream()
                .anyMatch(
                    fault ->
                        fault instanceof PeerFault.Silent && matchmaker.followed(fault.peer()));
        if (betrayed) {
          matchmaker.wasBetrayed();
        } else if (incomplete
            && (course.peers() < quorum || leaderless || mostWereMissing(abandoned, course))) {
          matchmaker.wasHopeless();
        }
      }
    }
  }

  /**
   * More of the members than can die at once: a leader may name peers that do not exist. Whoever
   * hears of nobody at all is cut off itself.
   */
  private static boolean mostWereMissing(RoundOutcome outcome, Course course) {
    long members =
        course.stages().stream()
            .flatMap(stage -> stage.members().stream())
            .map(Member::peer)
            .distinct()
            .count();
    long silent = silent(outcome);
    return 2 * silent >= members && silent < members - 1;
  }

  private static long silent(RoundOutcome outcome) {
    return outcome.faults().stream()
        .filter(PeerFault.Silent.class::isInstance)
        .map(PeerFault::peer)
        .distinct()
        .count();
  }

  /**
   * A group is as many as a quorum when it forms, but members fall silent. What fewer than a quorum
   * hold is no average: the silent ones may have finished the same epoch with others. Of a grid a
   * peer only sees who is silent in its own groups.
   */
  private static RoundOutcome confirmed(RoundOutcome outcome, int peers, int quorum) {
    if (outcome instanceof RoundOutcome.Averaged done) {
      long present = peers - silent(done);
      if (present < quorum) {
        return new RoundOutcome.Abandoned(
            RoundOutcome.Cause.INCOMPLETE,
            "%d of %d members stayed, a round takes %d".formatted(present, peers, quorum),
            done.faults(),
            done.timing(),
            done.seating());
      }
    }
    return outcome;
  }

  private RoundOutcome noGroup(Throwable failure, Instant since) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (!matchmaker.found().isCompletedExceptionally()) {
      matchmaker.wasHopeless(); // it bears the name of another round
    }
    return new RoundOutcome.Abandoned(
        cancelled ? RoundOutcome.Cause.CANCELLED : RoundOutcome.Cause.NO_GROUP,
        cause == null ? "no group" : String.valueOf(cause.getMessage()),
        List.of(),
        new RoundOutcome.RoundTiming(Duration.between(since, loop.now()), Duration.ZERO));
  }
}
