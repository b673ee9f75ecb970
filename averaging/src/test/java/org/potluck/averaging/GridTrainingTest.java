package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.PeerProfile;

/** Epoch after epoch on a grid: nobody drifts off, and who is thrown back comes in again. */
class GridTrainingTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  @Test
  void everybodyIsInEveryRound() {
    for (int seed = 0; seed < 6; seed++) {
      int peers = 9 + seed;
      TrainingSwarm swarm = swarm(seed, peers);
      swarm.reach(6, LONG);
      assertThat(swarm.missed()).as("seed %d", seed).isZero();
      assertThat(swarm.trainers).allSatisfy(t -> assertThat(t.averaged).isGreaterThanOrEqualTo(6));
      becomesOneModel(swarm);
    }
  }

  @Test
  void theOthersGoOnWhenAThirdDiesAtAnyMoment() {
    for (int seed = 0; seed < 10; seed++) {
      TrainingSwarm swarm = swarm(seed, 12);
      swarm.reach(2, LONG);
      var random = swarm.simulation.random("death");
      int millis = random.nextInt(2500);
      for (int i = 0; i < 4; i++) {
        TrainingSwarm.Trainer victim = swarm.trainers.get((seed + 3 * i) % 12);
        boolean silently = random.nextBoolean();
        swarm.simulation.at(Duration.ofMillis(millis), () -> swarm.kill(victim, silently));
      }
      swarm.simulation.runFor(Duration.ofMillis(millis + 1));
      long epoch = epoch(swarm);
      swarm.reach(epoch + 3, LONG);
      assertThat(epoch(swarm)).as("no finished epoch is lost").isGreaterThanOrEqualTo(epoch + 3);
      becomesOneModel(swarm);
    }
  }

  /** From one group to a grid while rounds are under way. */
  @Test
  void aSwarmThatOutgrowsItsGroupGoesOnOnAGrid() {
    for (int seed = 0; seed < 6; seed++) {
      TrainingSwarm swarm = swarm(seed, 3);
      swarm.reach(2, LONG);
      var random = swarm.simulation.random("arrivals");
      for (int i = 0; i < 6; i++) {
        swarm.simulation.at(
            Duration.ofMillis(random.nextInt(4000)), () -> swarm.add(PeerProfile.home()));
      }
      swarm.simulation.runFor(Duration.ofSeconds(5));
      swarm.reach(epoch(swarm) + 4, LONG);
      becomesOneModel(swarm);
      assertThat(swarm.trainers).hasSize(9);
      swarm.reach(epoch(swarm) + 2, LONG);
      assertThat(swarm.trainers)
          .as("seed %d", seed)
          .allSatisfy(t -> assertThat(t.averaged).isGreaterThanOrEqualTo(2));
    }
  }

  /** From a grid to one group: in small steps, since more than half have to stay each time. */
  @Test
  void aSwarmThatShrinksBelowAGroupGoesOnAsOne() {
    for (int seed = 0; seed < 6; seed++) {
      TrainingSwarm swarm = swarm(seed, 9);
      swarm.reach(2, LONG);
      var random = swarm.simulation.random("departures");
      for (int i = 0; i < 6; i++) {
        TrainingSwarm.Trainer victim = swarm.trainers.get((seed + i) % 9);
        boolean silently = random.nextBoolean();
        swarm.simulation.runFor(Duration.ofMillis(random.nextInt(1500)));
        swarm.kill(victim, silently);
      }
      swarm.reach(epoch(swarm) + 4, LONG);
      becomesOneModel(swarm);
      assertThat(swarm.trainers.stream().filter(t -> !t.gone())).hasSize(3);
    }
  }

  private static long epoch(TrainingSwarm swarm) {
    return swarm.trainers.stream().mapToLong(trainer -> trainer.epoch).max().orElseThrow();
  }

  /** A moment comes at which all who live are at one epoch with the same parameters. */
  private static void becomesOneModel(TrainingSwarm swarm) {
    swarm.simulation.runUntil(() -> models(swarm).size() == 1, Duration.ofMinutes(2));
    assertThat(models(swarm)).as("seed %d", swarm.simulation.seed()).hasSize(1);
  }

  private static Set<String> models(TrainingSwarm swarm) {
    List<TrainingSwarm.Trainer> living =
        swarm.trainers.stream().filter(trainer -> !trainer.gone()).toList();
    return living.stream().map(t -> t.epoch + " " + t.model).collect(Collectors.toSet());
  }

  private static TrainingSwarm swarm(int seed, int peers) {
    return new TrainingSwarm(
        seed,
        peers,
        16L * peers,
        PeerProfile.home(),
        i -> Duration.ofMillis(300),
        Swarm.options().withGroupSize(4));
  }
}
