package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundOutcome;
import org.potluck.trainer.Model;

/**
 * Holds the model at where the swarm is, and computes nothing. An auxiliary takes part in every
 * round with nothing but its link, and takes the step that comes of it like everybody else; a
 * receiver takes each step from the others afterwards.
 */
public final class FollowingLoop implements RunLoop {
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

  /** Without news the view still changes, because time passes. */
  private static final Duration WAIT_LIMIT = Duration.ofMillis(50);

  private final Model model;
  private final Role role;
  private final Swarm swarm;
  private final TrainingPlan plan;
  private final TrainingListener listener;
  private final InstantSource clock;
  private final TrainingTally tally = new TrainingTally();
  private final Departure departure;
  private final Replica replica;
  private final MemorySegment nothing;
  private Instant epochBegan;
  private Swarm.Activity activity = Swarm.Activity.WAITING;

  /**
   * @param role an auxiliary or a receiver
   */
  public FollowingLoop(
      Model model,
      Role role,
      Swarm swarm,
      TrainingPlan plan,
      TrainingListener listener,
      InstantSource clock) {
    if (role != Role.AUXILIARY && role != Role.RECEIVER) {
      throw new IllegalArgumentException("does not follow: " + role);
    }
    this.model = model;
    this.role = role;
    this.swarm = swarm;
    this.plan = plan;
    this.listener = listener;
    this.clock = clock;
    epochBegan = clock.instant();
    int values = role == Role.AUXILIARY ? Math.toIntExact(model.parameterCount()) : 0;
    nothing = MemorySegment.ofArray(new float[values]);
    departure = new Departure(swarm, plan, clock);
    replica =
        new Replica(
            model,
            swarm,
            listener,
            new Replica.Owner(clock, () -> Double.NaN, this::become, departure::stopping));
  }

  @Override
  public void run() throws InterruptedException {
    replica.offer();
    while (!departure.over(model.epoch())) {
      Swarm.SwarmView view = report();
      if (departure.reached(model.epoch(), view, this::report)) {
        break;
      }
      if (view.behind()) {
        catchUp(view.contested());
      } else if (role.takesPart() && (view.samples() >= plan.targetBatch() || view.called())) {
        average();
      } else {
        become(Swarm.Activity.WAITING);
        listener.following(progress(), view);
        swarm.awaitChange(WAIT_LIMIT);
      }
    }
    activity = Swarm.Activity.WAITING;
    departure.awaitStragglers(model.epoch(), this::report);
    swarm.leave(progress());
  }

  @Override
  public void stop() {
    departure.stop();
  }

  @Override
  public void finish() {
    departure.finish();
  }

  @Override
  public TrainingTally tally() {
    return tally;
  }

  private void catchUp(boolean contested) throws InterruptedException {
    if (replica.catchUp(contested)) {
      epochBegan = clock.instant();
    }
  }

  private void average() throws InterruptedException {
    become(Swarm.Activity.AVERAGING);
    long epoch = model.epoch();
    Instant began = clock.instant();
    RoundOutcome outcome = swarm.average(epoch, nothing, 0);
    activity = Swarm.Activity.WAITING;
    Instant ended = clock.instant();
    Duration took = Duration.between(began, ended);
    listener.settled(epoch, outcome);
    switch (outcome) {
      case RoundOutcome.Averaged averaged -> {
        tally.averaged(took);
        replica.advance(averaged);
        Duration since = Duration.between(epochBegan, ended);
        epochBegan = ended;
        listener.stepped(model, Double.NaN, 0, since);
      }
      case RoundOutcome.Abandoned _ -> {
        tally.failed(took);
        swarm.awaitChange(BETWEEN_ATTEMPTS);
      }
    }
  }

  private void become(Swarm.Activity now) {
    if (activity != now) {
      activity = now;
      Swarm.SwarmView _ = report();
    }
  }

  private Swarm.SwarmView report() {
    return swarm.report(progress());
  }

  private Swarm.OwnProgress progress() {
    return new Swarm.OwnProgress(
        model.epoch(), 0, 0, 0, Double.NaN, replica.digest(), activity, departure.lastEpoch());
  }
}
