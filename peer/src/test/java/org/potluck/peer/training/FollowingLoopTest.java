package org.potluck.peer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.Role;
import org.potluck.averaging.RoundOutcome;
import org.potluck.trainer.Model;

final class FollowingLoopTest {
  private final ManualClock clock = new ManualClock();

  /** Only its model is used. */
  private final FakeTrainer model = new FakeTrainer(clock);

  private final FakeSwarm swarm = new FakeSwarm(clock);
  private final Heard heard = new Heard();

  private static final class Heard implements TrainingListener {
    final List<Long> caughtUp = new ArrayList<>();
    final List<Long> stepped = new ArrayList<>();
    final List<RoundOutcome> settled = new ArrayList<>();
    int idle;

    @Override
    public void following(Swarm.OwnProgress progress, Swarm.SwarmView view) {
      idle++;
    }

    @Override
    public void settled(long epoch, RoundOutcome outcome) {
      settled.add(outcome);
    }

    @Override
    public void stepped(Model stepped, double loss, long samples, Duration took) {
      assertThat(loss).isNaN();
      assertThat(samples).isZero();
      this.stepped.add(stepped.epoch());
    }

    @Override
    public void caughtUp(long epoch) {
      caughtUp.add(epoch);
    }
  }

  private FollowingLoop loop(Role role, long epochs) {
    return new FollowingLoop(model, role, swarm, new TrainingPlan(8, 4, epochs, 1), heard, clock);
  }

  @Test
  void anAuxiliaryBringsNothingAndTakesEveryStep() throws InterruptedException {
    swarm.samplesOfOthers = 8;
    swarm.outcomes.add(FakeSwarm.averaged(3, 8));
    swarm.outcomes.add(FakeSwarm.abandoned());
    swarm.outcomes.add(FakeSwarm.averaged(5, 8));
    swarm.duringWaits = () -> swarm.epochOfOthers = model.epoch();
    FollowingLoop loop = loop(Role.AUXILIARY, 2);
    loop.run();
    assertThat(swarm.brought)
        .containsExactly(
            new FakeSwarm.Brought(0, 0, 0),
            new FakeSwarm.Brought(1, 0, 0),
            new FakeSwarm.Brought(1, 0, 0));
    assertThat(model.applied).containsExactly(3f, 5f);
    assertThat(model.draws).isEmpty();
    assertThat(heard.stepped).containsExactly(1L, 2L);
    assertThat(heard.settled).hasSize(3);
    assertThat(loop.tally().roundsAveraged()).isEqualTo(2);
    assertThat(loop.tally().roundsFailed()).isOne();
    assertThat(loop.tally().samples()).isZero();
    assertThat(swarm.passed).hasSize(2);
    assertThat(swarm.offers).hasSize(3);
    assertThat(swarm.farewells).hasSize(1);
  }

  @Test
  void anAuxiliaryWaitsUntilTheOthersHaveTheirBatchOrCall() throws InterruptedException {
    swarm.samplesOfOthers = 7;
    FollowingLoop loop = loop(Role.AUXILIARY, 1);
    swarm.duringWaits =
        () -> {
          assertThat(swarm.brought).isEmpty();
          swarm.called = swarm.waits.size() >= 5;
        };
    swarm.outcomes.add(FakeSwarm.averaged(1, 8));
    loop.run();
    assertThat(heard.idle).isEqualTo(5);
    assertThat(swarm.brought).hasSize(1);
    assertThat(swarm.reports).allMatch(report -> report.samples() == 0);
  }

  @Test
  void aReceiverIsInNoRoundAndFollows() throws InterruptedException {
    swarm.samplesOfOthers = 8;
    swarm.called = true;
    swarm.downloads.add(Optional.of(FakeTrainer.stateAt(3)));
    swarm.downloads.add(Optional.of(FakeTrainer.stateAt(4)));
    swarm.duringWaits = () -> swarm.epochOfOthers = swarm.waits.size() < 3 ? 3 : 4;
    loop(Role.RECEIVER, 4).run();
    assertThat(swarm.brought).isEmpty();
    assertThat(heard.caughtUp).containsExactly(3L, 4L);
    assertThat(model.epoch()).isEqualTo(4);
    assertThat(swarm.reports)
        .extracting(Swarm.OwnProgress::activity)
        .contains(Swarm.Activity.DOWNLOADING, Swarm.Activity.WAITING)
        .doesNotContain(Swarm.Activity.AVERAGING, Swarm.Activity.TRAINING);
  }

  @Test
  void anAverageOfNothingMovesTheModelAsItMovesEverybodys() throws InterruptedException {
    swarm.samplesOfOthers = 8;
    swarm.outcomes.add(FakeSwarm.averaged(Float.NaN, 8));
    loop(Role.AUXILIARY, 1).run();
    assertThat(model.applied).containsExactly(0f);
  }

  @Test
  void stopsAtOnceAndFinishesWithTheOthers() throws InterruptedException {
    FollowingLoop stopped = loop(Role.AUXILIARY, 0);
    swarm.duringWaits = stopped::stop;
    stopped.run();
    assertThat(swarm.withdrawn).isTrue();
    assertThat(swarm.farewells).hasSize(1);
    swarm.samplesOfOthers = 8;
    swarm.lastEpochOfOthers = 2;
    swarm.duringWaits = () -> swarm.epochOfOthers = model.epoch();
    FollowingLoop finished = loop(Role.AUXILIARY, 0);
    finished.finish();
    finished.run();
    assertThat(model.epoch()).isEqualTo(2);
    assertThat(swarm.farewells.getLast().lastEpoch()).isEqualTo(2);
  }

  @Test
  void isNotForTrainersOrOnlookers() {
    for (Role role : List.of(Role.TRAINER, Role.OBSERVER)) {
      assertThatThrownBy(() -> loop(role, 1)).hasMessageContaining(role.toString());
    }
  }
}
