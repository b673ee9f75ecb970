package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.Partition;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

class RendezvousTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  @Test
  void nobodyWhoIsThereMissesARound() {
    for (int seed = 0; seed < 16; seed++) {
      int peers = 2 + seed % 7;
      PeerProfile profile = seed % 2 == 0 ? PeerProfile.datacenter() : PeerProfile.home();
      TrainingSwarm swarm =
          new TrainingSwarm(seed, peers, 16L * peers, profile, RendezvousTest::alike);
      swarm.reach(12, LONG);
      nobodyMissed(swarm, peers);
      // Being ready together costs no more than what is left of a micro-batch.
      assertThat(swarm.meanWaitSeconds()).as("seed %d", seed).isLessThan(0.3);
    }
  }

  @Test
  void aSlowPeerNeitherMissesRoundsNorHoldsTheOthersUp() {
    for (int seed = 0; seed < 8; seed++) {
      TrainingSwarm swarm =
          new TrainingSwarm(
              seed,
              4,
              48,
              PeerProfile.home(),
              i -> i == 0 ? Duration.ofMillis(1500) : Duration.ofMillis(200));
      swarm.reach(12, LONG);
      nobodyMissed(swarm, 4);
      assertThat(swarm.meanWaitSeconds()).as("seed %d", seed).isLessThan(1.0);
    }
  }

  @Test
  void lookingForOthersIsDoneWhileComputing() {
    TrainingSwarm swarm = new TrainingSwarm(3, 4, 4000, PeerProfile.home(), RendezvousTest::alike);
    swarm.reach(1, LONG);
    // 1000 samples each take 75 s; of those only the last 5 are spent with a place held.
    for (TrainingSwarm.Trainer trainer : swarm.trainers) {
      assertThat(trainer.averaged).isEqualTo(1);
    }
    assertThat(swarm.meanWaitSeconds()).isLessThan(0.4);
  }

  /** Two halves that train apart come to hold different models; together they have one again. */
  @Test
  void peersThatTrainedApartAgreeOnOneModel() {
    for (int seed = 0; seed < 8; seed++) {
      TrainingSwarm swarm =
          new TrainingSwarm(seed, 5, 64, PeerProfile.home(), RendezvousTest::alike);
      swarm.reach(2, LONG);
      List<SimulatedNetwork> networks = swarm.trainers.stream().map(t -> t.network).toList();
      Partition partition =
          swarm.simulation.part(networks.subList(0, 2), networks.subList(2, networks.size()));
      swarm.simulation.runFor(Duration.ofSeconds(60));
      assertThat(models(swarm)).as("apart, seed %d", seed).hasSizeGreaterThan(1);
      partition.heal();
      swarm.simulation.runUntil(
          () -> models(swarm).size() == 1 && swarm.trainers.getFirst().epoch > 0,
          Duration.ofMinutes(3));
      long epoch = swarm.trainers.getFirst().epoch;
      swarm.reach(epoch + 3, LONG);
      swarm.simulation.runUntil(() -> models(swarm).size() == 1, Duration.ofSeconds(30));
      for (TrainingSwarm.Trainer trainer : swarm.trainers) {
        assertThat(trainer.progress.participants()).as("seed %d", seed).hasSize(4);
      }
    }
  }

  private static Set<String> models(TrainingSwarm swarm) {
    return swarm.trainers.stream()
        .map(trainer -> trainer.epoch + " " + trainer.model)
        .collect(Collectors.toSet());
  }

  @Test
  void theOthersGoOnWhenAnyPeerDiesAtAnyMoment() {
    for (int seed = 0; seed < 16; seed++) {
      TrainingSwarm swarm =
          new TrainingSwarm(seed, 4, 64, PeerProfile.home(), RendezvousTest::alike);
      swarm.reach(3, LONG);
      TrainingSwarm.Trainer victim = swarm.trainers.get(seed % 4);
      boolean silently = seed % 2 == 0;
      int millis = swarm.simulation.random("death").nextInt(2000);
      swarm.simulation.at(Duration.ofMillis(millis), () -> swarm.kill(victim, silently));
      swarm.simulation.runFor(Duration.ofMillis(millis + 1));
      Duration died = swarm.simulation.elapsed();
      long epoch = swarm.trainers.stream().mapToLong(t -> t.epoch).max().orElseThrow();
      swarm.reach(epoch + 2, LONG);
      assertThat(swarm.simulation.elapsed().minus(died))
          .as("seed %d", seed)
          .isLessThan(Duration.ofSeconds(silently ? 20 : 10));
    }
  }

  @Test
  void whoComesLaterIsInTheNextRound() {
    for (int seed = 0; seed < 6; seed++) {
      TrainingSwarm swarm =
          new TrainingSwarm(seed, 3, 96, PeerProfile.home(), RendezvousTest::alike);
      swarm.reach(3, LONG);
      TrainingSwarm.Trainer late = swarm.add(PeerProfile.home());
      swarm.reach(8, LONG);
      assertThat(late.missed).as("seed %d: one download, at the start", seed).isEqualTo(1);
      assertThat(late.averaged).as("seed %d", seed).isGreaterThanOrEqualTo(3);
    }
  }

  /** They miss nothing, hold nobody up, and count for nothing. */
  @Test
  void auxiliariesAreInEveryRound() {
    for (int seed = 0; seed < 6; seed++) {
      TrainingSwarm swarm =
          new TrainingSwarm(seed, 4, 96, PeerProfile.home(), RendezvousTest::alike);
      TrainingSwarm.Trainer lender = swarm.add(PeerProfile.datacenter(), Role.AUXILIARY);
      swarm.reach(8, LONG);
      assertThat(lender.averaged).as("seed %d", seed).isGreaterThanOrEqualTo(7);
      assertThat(lender.missed).as("seed %d", seed).isLessThanOrEqualTo(1);
      assertThat(models(swarm)).as("seed %d", seed).hasSize(1);
      assertThat(swarm.meanWaitSeconds()).as("seed %d", seed).isLessThan(1);
    }
  }

  /** A round of those who bring nothing would move the model for no reason. */
  @Test
  void auxiliariesWaitForSomebodyWhoTrains() {
    TrainingSwarm swarm = new TrainingSwarm(3, 2, 48, PeerProfile.home(), RendezvousTest::alike);
    for (int i = 0; i < 3; i++) {
      TrainingSwarm.Trainer _ = swarm.add(PeerProfile.datacenter(), Role.AUXILIARY);
    }
    swarm.reach(3, LONG);
    swarm.trainers.subList(0, 2).forEach(trainer -> swarm.kill(trainer, false));
    swarm.simulation.runFor(Duration.ofSeconds(10));
    long epoch = swarm.trainers.get(2).epoch;
    swarm.simulation.runFor(Duration.ofMinutes(2));
    assertThat(swarm.trainers.subList(2, 5)).extracting(t -> t.epoch).containsOnly(epoch);
    TrainingSwarm.Trainer late = swarm.add(PeerProfile.home());
    swarm.reach(epoch + 3, LONG);
    assertThat(late.missed).as("it goes on from what they kept").isEqualTo(1);
  }

  @Test
  void stoppingDoesNotWaitForOthers() {
    TrainingSwarm swarm = new TrainingSwarm(5, 3, 48, PeerProfile.home(), RendezvousTest::alike);
    swarm.reach(2, LONG);
    TrainingSwarm.Trainer left = swarm.trainers.getFirst();
    swarm.simulation.runUntil(left::averaging, LONG);
    swarm.simulation.cutPower(swarm.trainers.get(1).network);
    swarm.simulation.cutPower(swarm.trainers.get(2).network);
    swarm.simulation.runFor(Duration.ofMillis(500));
    assertThat(left.averaging()).as("waits for those who are silent").isTrue();
    Duration asked = swarm.simulation.elapsed();
    left.onLoop(left::stop);
    swarm.simulation.runUntil(left::gone, LONG);
    assertThat(swarm.simulation.elapsed().minus(asked)).isLessThan(Duration.ofMillis(150));
  }

  @Test
  void aLeaderThatNeverBeginsIsLeftAndNotFollowedAgain() {
    TrainingSwarm swarm =
        new TrainingSwarm(7, 3, 48, PeerProfile.datacenter(), RendezvousTest::alike);
    swarm.reach(2, LONG);
    EndlessLeader leader = new EndlessLeader(swarm);
    swarm.reach(4, LONG);
    Duration before = swarm.simulation.elapsed();
    swarm.reach(10, LONG);
    assertThat(leader.followers()).isGreaterThan(0);
    // Six epochs of about 1.3 s each, as if it were not there.
    assertThat(swarm.simulation.elapsed().minus(before)).isLessThan(Duration.ofSeconds(15));
  }

  private static Duration alike(int peer) {
    return Duration.ofMillis(300);
  }

  private static void nobodyMissed(TrainingSwarm swarm, int peers) {
    long seed = swarm.simulation.seed();
    assertThat(swarm.missed()).as("seed %d, %d peers", seed, peers).isZero();
    List<Integer> averaged = swarm.trainers.stream().map(trainer -> trainer.averaged).toList();
    assertThat(averaged).as("seed %d", seed).allSatisfy(n -> assertThat(n).isGreaterThan(11));
  }
}
