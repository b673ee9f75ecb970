package org.potluck.averaging;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.matchmaking.Attendance;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.SwarmProgress;
import org.potluck.averaging.trust.Opinions;
import org.potluck.network.EventLoop;

/**
 * Keeps a peer's appointments with the rounds of its run.
 *
 * <p>A peer that begins to look for its group when the target batch is there comes too late: the
 * others, who noticed earlier or were not in the middle of a micro-batch, have begun. So this class
 * watches the progress of all on the network's loop, whatever the training thread does, and enlists
 * ahead of need; says that the round is due as soon as that is heard; and, when called, tells the
 * leader how long the micro-batch at hand will take. The training thread only ends that micro-batch
 * and brings its gradients. An auxiliary has none to end, and brings nothing but its link.
 *
 * <p>All methods but {@link #calledEpoch} are called on the network's loop.
 */
public final class Rendezvous {
  /** Enlisting takes a few round trips; much more than that is only held places. */
  private static final Duration AHEAD = Duration.ofSeconds(5);

  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  private static final Duration READY_SOONEST = Duration.ofMillis(20);
  private static final Duration UNKNOWN_STEP = Duration.ofSeconds(1);

  private static final RoundOutcome OVERTAKEN =
      new RoundOutcome.Abandoned(
          RoundOutcome.Cause.NO_GROUP,
          "another peer says that it has been there already",
          List.of(),
          new RoundOutcome.RoundTiming(Duration.ZERO, Duration.ZERO));

  /** A leader is believed that the round is due from this part of the target on. */
  private static final double CALLED_FROM = 0.5;

  private final EventLoop loop;
  private final Averager averager;
  private final SwarmProgress progress;
  private final Appointment appointment;
  private final Supplier<OwnLink> link;
  private @Nullable PeerProgress own;
  private Instant saidAt;
  private @Nullable Enlistment place;
  private boolean called;
  private boolean busy;
  private @Nullable Enlistment averaged;
  private boolean closed;
  private volatile long calledEpoch = -1;

  /**
   * What is the same for all rounds of a run.
   *
   * @param length values of the vector
   */
  public record Appointment(
      String key, long length, Outlook.Target target, CodecId codecUp, CodecId codecDown) {}

  /**
   * @param link asked whenever this peer enlists
   */
  public Rendezvous(
      EventLoop loop,
      Averager averager,
      SwarmProgress progress,
      Appointment appointment,
      Supplier<OwnLink> link) {
    this.loop = loop;
    this.averager = averager;
    this.progress = progress;
    this.appointment = appointment;
    this.link = link;
    this.saidAt = loop.now();
    Outlook.Target target = appointment.target();
    averager.trust().expect(target.samples(), target.microBatch());
    progress.ignore(averager.trust()::bannedByMost);
    progress.listen(this::look);
    lookLater();
  }

  /** Tells the others how far this peer is, and enlists when that is due soon. */
  public void say(PeerProgress word) {
    own = word;
    saidAt = loop.now();
    progress.say(word.withVerdicts(averager.trust().verdicts(loop.now())));
    look();
  }

  /** The epoch for which the leader has last called this peer, or -1. From any thread. */
  public long calledEpoch() {
    return calledEpoch;
  }

  /** Takes part in the round of {@code epoch}; see {@link Enlistment#bring}. */
  public CompletableFuture<RoundOutcome> bring(
      long epoch, Contribution contribution, Instant deadline) {
    if (progress.overtaken()) {
      return CompletableFuture.completedFuture(OVERTAKEN);
    }
    Enlistment here = place;
    PeerProgress word = own;
    String model = word == null ? "" : word.digest();
    if (here == null || !isFor(here, epoch, model) || here.brought()) {
      leave();
      here = enlist(epoch, model);
    }
    Enlistment brought = here;
    CompletableFuture<RoundOutcome> outcome = brought.bring(contribution, deadline);
    busy = true;
    if (closed) {
      brought.withdraw();
    }
    return outcome.whenComplete(
        (value, failure) -> {
          busy = false;
          if (value instanceof RoundOutcome.Averaged) {
            averaged = brought;
          }
          if (place == brought && value instanceof RoundOutcome.Abandoned) {
            place = null; // the next attempt is enlisted for like the first
          }
        });
  }

  /** Takes part in no more rounds; an exchange that has begun goes on. */
  public void close() {
    closed = true;
    leave();
  }

  private void lookLater() {
    EventLoop.Timer _ =
        loop.schedule(
            LOOK_EVERY,
            () -> {
              if (!closed) {
                look();
                lookLater();
              }
            });
  }

  private void look() {
    PeerProgress word = own;
    hearOpinions();
    if (word == null || word.leaving() || closed) {
      return;
    }
    if (!word.takesPart()) {
      return;
    }
    Outlook outlook =
        Outlook.of(word, progress.heardParticipants(), appointment.target(), loop.now());
    if (place != null && !isFor(place, outlook.epoch(), outlook.model())) {
      leave();
    }
    if (progress.overtaken() && place != null && !place.searched()) {
      leave();
    }
    if (outlook.behind() || progress.overtaken()) {
      return;
    }
    boolean stepping = averaged != null && isFor(averaged, word.epoch(), word.digest());
    boolean open = !busy && !stepping;
    if (place == null && open && outlook.untilDue().compareTo(AHEAD) <= 0) {
      enlist(word.epoch(), word.digest());
    }
    Enlistment here = place;
    if (here == null) {
      return;
    }
    here.expect(attendance(word.epoch(), word.digest()));
    boolean due = outlook.samples() >= appointment.target().samples();
    if (due) {
      here.due();
    }
    if (called && outlook.samples() >= CALLED_FROM * appointment.target().samples()) {
      calledEpoch = word.epoch();
    }
  }

  private void hearOpinions() {
    List<Opinions.Voter> voters = new ArrayList<>();
    for (PeerProgress other : progress.others()) {
      averager.trust().said(other.peer(), other.samplesPerSecond());
      if (other.takesPart() && other.epoch() > 0) {
        voters.add(new Opinions.Voter(other.peer(), other.verdicts()));
      }
    }
    PeerProgress word = own;
    if (word != null) {
      averager.trust().hear(word.peer(), voters, loop.now());
    }
  }

  private static boolean isFor(Enlistment here, long epoch, String model) {
    return here.terms().epoch() == epoch && here.terms().model().equals(model);
  }

  private Enlistment enlist(long epoch, String model) {
    Enlistment here =
        averager.enlist(
            new RoundTerms(
                appointment.key(),
                epoch,
                model,
                appointment.length(),
                role(),
                link.get(),
                appointment.codecUp(),
                appointment.codecDown()),
            attendance(epoch, model));
    place = here;
    called = false;
    CompletableFuture<Void> _ =
        here.called()
            .thenRun(
                () -> {
                  called = here == place;
                  tellReadiness(here);
                  look();
                });
    return here;
  }

  /** Who is there and could take part, or already has: more than half of them make a round. */
  private Attendance attendance(long epoch, String model) {
    List<PeerProgress> known =
        progress.participants().stream()
            .filter(other -> other.epoch() == epoch && other.digest().equals(model))
            .toList();
    List<PeerProgress> contenders = progress.contenders();
    long trainers = contenders.stream().filter(PeerProgress::trains).count();
    return new Attendance(
        known.stream().map(PeerProgress::peer).toList(),
        contenders.stream().map(PeerProgress::peer).toList(),
        contenders.size() + 1,
        (int) trainers + (role().trains() ? 1 : 0));
  }

  /**
   * Tells the leader how long the micro-batch at hand still takes, again when it takes longer. The
   * estimate is generous: being waited for is cheaper than being left behind.
   */
  private void tellReadiness(Enlistment here) {
    PeerProgress word = own;
    if (here != place || here.brought() || here.searched() || word == null) {
      return;
    }
    Duration step = step(word);
    Duration left = step.minus(Duration.between(saidAt, loop.now()));
    Duration estimate = Collections.max(List.of(left, step.dividedBy(2), READY_SOONEST));
    here.readyIn(estimate);
    EventLoop.Timer _ = loop.schedule(estimate, () -> tellReadiness(here));
  }

  private Duration step(PeerProgress word) {
    if (!word.trains()) {
      return Duration.ZERO;
    }
    return word.samplesPerSecond() > 0
        ? Duration.ofNanos(
            (long) (appointment.target().microBatch() / word.samplesPerSecond() * 1e9))
        : UNKNOWN_STEP;
  }

  private Role role() {
    PeerProgress word = own;
    return word == null ? Role.TRAINER : word.role();
  }

  private void leave() {
    if (place != null) {
      place.withdraw();
      place = null;
    }
    called = false;
  }
}
