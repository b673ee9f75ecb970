package org.potluck.peer.training;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * When a peer leaves its run.
 *
 * <p>Whoever has reached the last epoch, the run's or its own, stays until the others have it, too:
 * a peer that missed the last round would find nobody to catch up with, and end at other parameters
 * than everybody else.
 */
final class Departure {
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

  /** Enough to download a model; who needs longer than that goes on alone. */
  private static final Duration STRAGGLERS_LIMIT = Duration.ofSeconds(30);

  private final Swarm swarm;
  private final TrainingPlan plan;
  private final InstantSource clock;
  private long lastEpoch;
  private volatile boolean stopping;
  private volatile boolean finishing;

  Departure(Swarm swarm, TrainingPlan plan, InstantSource clock) {
    this.swarm = swarm;
    this.plan = plan;
    this.clock = clock;
  }

  /** Now. From any thread. */
  void stop() {
    stopping = true;
    swarm.withdraw();
  }

  /** After the next step. From any thread. */
  void finish() {
    finishing = true;
  }

  boolean stopping() {
    return stopping;
  }

  /** At which this peer will leave; zero while it means to stay. */
  long lastEpoch() {
    return lastEpoch;
  }

  /** Whether nothing is left to do at {@code epoch}, whatever the others do. */
  boolean over(long epoch) {
    return stopping || plan.completeAt(epoch);
  }

  /**
   * Whether this peer has reached the epoch at which it leaves. Whoever is asked first names the
   * epoch; the others leave with it if they still can.
   *
   * @param tell called when the epoch has just been named
   */
  boolean reached(long epoch, Swarm.SwarmView view, Runnable tell) {
    if (finishing && lastEpoch == 0) {
      long named = view.lastEpoch();
      lastEpoch = named > 0 && named >= epoch ? named : epoch + 1;
      tell.run();
    }
    return lastEpoch > 0 && epoch >= lastEpoch;
  }

  /**
   * Waits for those who are on their way to {@code epoch}, if it is the last.
   *
   * @param tell called first: they have to hear that this peer is there
   */
  void awaitStragglers(long epoch, Runnable tell) throws InterruptedException {
    if (stopping || !(plan.completeAt(epoch) || lastEpoch > 0)) {
      return;
    }
    tell.run();
    Instant limit = clock.instant().plus(STRAGGLERS_LIMIT);
    while (!stopping && swarm.othersBehind(epoch) && clock.instant().isBefore(limit)) {
      swarm.awaitChange(BETWEEN_LOOKS);
    }
  }
}
