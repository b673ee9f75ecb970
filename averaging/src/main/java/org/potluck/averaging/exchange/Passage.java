package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.Seating;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/**
 * One peer's way through the stages of a grid.
 *
 * <p>Links of all stages are made at once; each stage begins for this peer when it holds the
 * average of the one before. A group of a later stage takes no average without everybody's: the
 * mean of a whole row would be missing, and the result differ from that of all other groups. But
 * because those hold the same bits, a peer whose group has failed takes a {@link Detour}: it asks
 * those it met in earlier stages, who are in other groups now. A dead peer so costs its group of a
 * stage one transfer of the average and everybody else nothing. Only when every group lacks
 * somebody has the round failed, for all.
 */
final class Passage {
  /** Part of the time until the deadline in which groups may finish; the rest is for detours. */
  private static final double FOR_GROUPS = 0.75;

  /** Makes the detour around a stage. */
  interface Detours {
    /** Not started yet. */
    Detour around(int stage);
  }

  private enum Progress {
    RUNNING,
    REACHED,
    MISSED
  }

  private final EventLoop loop;
  private final Course course;
  private final List<Exchange> exchanges;
  private final List<Averages> kept;
  private final Detours detours;
  private final List<Detour> taken = new ArrayList<>();
  private final Duration matchmaking;
  private final Instant started;
  private final Progress[] progress;
  private final @Nullable Averages[] reached;
  private final Set<PeerFault> faults = new LinkedHashSet<>();
  private final CompletableFuture<RoundOutcome> outcome = new CompletableFuture<>();
  private String firstFailure = "";

  /**
   * @param exchanges one per stage, not started
   */
  Passage(
      EventLoop loop,
      Course course,
      List<Exchange> exchanges,
      Detours detours,
      Duration matchmaking) {
    this.loop = loop;
    this.course = course;
    this.exchanges = List.copyOf(exchanges);
    this.kept = exchanges.stream().map(Exchange::keep).toList();
    this.detours = detours;
    this.matchmaking = matchmaking;
    this.started = loop.now();
    this.progress = new Progress[exchanges.size()];
    this.reached = new @Nullable Averages[exchanges.size()];
    Arrays.fill(progress, Progress.RUNNING);
  }

  /** When the groups of a round that ends by {@code deadline} have to be done. */
  static Instant groupDeadline(Instant now, Instant deadline) {
    return now.plusNanos((long) (Duration.between(now, deadline).toNanos() * FOR_GROUPS));
  }

  CompletableFuture<RoundOutcome> outcome() {
    return outcome;
  }

  Course course() {
    return course;
  }

  void start() {
    for (int i = 0; i < exchanges.size(); i++) {
      int stage = i;
      CompletableFuture<Void> _ =
          exchanges.get(i).outcome().thenAccept(ended -> ended(stage, ended));
    }
  }

  private void ended(int stage, RoundOutcome ended) {
    switch (ended) {
      case RoundOutcome.Averaged done -> {
        faults.addAll(done.faults());
        reach(stage, kept.get(stage));
      }
      case RoundOutcome.Abandoned abandoned -> {
        ByteBuffer proof = exchanges.get(stage).proof();
        if (proof == null) {
          faults.addAll(abandoned.faults());
          miss(stage, abandoned);
        } else {
          betrayed(abandoned, proof);
        }
      }
    }
  }

  /** The leader's word counts for nothing, in this stage or another; all that were met hear it. */
  private void betrayed(RoundOutcome.Abandoned why, ByteBuffer proof) {
    outcome.complete(
        new RoundOutcome.Abandoned(why.cause(), why.reason(), why.faults(), timing(), seating()));
    taken.forEach(detour -> detour.end(null));
    exchanges.forEach(exchange -> exchange.betrayed(proof));
  }

  private void reach(int stage, Averages averages) {
    if (reached[stage] != null) {
      averages.forget();
      return;
    }
    progress[stage] = Progress.REACHED;
    reached[stage] = averages;
    if (stage < exchanges.size() - 1) {
      exchanges.get(stage + 1).bring(averages.values(), averages.weights());
    } else {
      outcome.complete(
          new RoundOutcome.Averaged(
              averages.values(),
              averages.weight(),
              peers(),
              List.copyOf(faults),
              timing(),
              seating()));
    }
  }

  private void miss(int stage, RoundOutcome.Abandoned why) {
    progress[stage] = Progress.MISSED;
    if (firstFailure.isEmpty()) {
      firstFailure = "stage %d of %d: %s".formatted(stage + 1, exchanges.size(), why.reason());
    }
    if (outcome.isDone()) {
      return;
    }
    Detour detour = detours.around(stage);
    taken.add(detour);
    CompletableFuture<Void> _ = detour.start().thenAccept(averages -> returned(stage, averages));
  }

  /** From a detour; without the averages of this stage the next one cannot be helped either. */
  private void returned(int stage, @Nullable Averages averages) {
    if (averages != null) {
      reach(stage, averages);
    } else if (stage < exchanges.size() - 1) {
      exchanges.get(stage + 1).cancel();
    } else {
      end(RoundOutcome.Cause.INCOMPLETE, firstFailure);
    }
  }

  private void end(RoundOutcome.Cause cause, String reason) {
    outcome.complete(
        new RoundOutcome.Abandoned(cause, reason, List.copyOf(faults), timing(), seating()));
  }

  /** Gives the round up; without effect once it has ended. */
  void cancel() {
    end(RoundOutcome.Cause.CANCELLED, "cancelled");
    stop();
  }

  private void stop() {
    taken.forEach(detour -> detour.end(null));
    exchanges.forEach(Exchange::cancel);
  }

  /** The averages of {@code stage}, if this peer has them. */
  @Nullable Averages averages(int stage) {
    return reached[stage];
  }

  /** Whether this peer's group of {@code stage} has failed, and no detour has helped yet. */
  boolean lacks(int stage) {
    return progress[stage] == Progress.MISSED;
  }

  /** Nobody is answered any more. */
  void close() {
    stop();
    for (Averages averages : reached) {
      if (averages != null) {
        averages.forget();
      }
    }
  }

  private List<PeerId> peers() {
    List<PeerId> peers = new ArrayList<>();
    course.members(exchanges.size()).forEach(member -> peers.add(member.peer()));
    return peers;
  }

  /** The row, under the name that all rows tell of. */
  private Seating seating() {
    return new Seating(course.name(), course.stages().getFirst().seating().seats());
  }

  private RoundOutcome.RoundTiming timing() {
    return new RoundOutcome.RoundTiming(matchmaking, Duration.between(started, loop.now()));
  }
}
