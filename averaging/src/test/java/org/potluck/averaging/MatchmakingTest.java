package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.trust.Misdeed;
import org.potluck.network.PeerId;
import org.potluck.network.simulation.PeerProfile;

class MatchmakingTest {
  /**
   * The first knows nobody; the second leads the third until it hears of the first, through the
   * DHT. The third follows on its word: while it follows it looks for nobody else.
   */
  @Test
  void aLeaderThatFindsAnEarlierOneSendsItsFollowersThere() {
    for (int seed = 0; seed < 10; seed++) {
      Swarm swarm = new Swarm(seed, 3, 2000);
      average(swarm, 0, 0, List.of());
      average(swarm, 1, 20, List.of(2));
      average(swarm, 2, 40, List.of(1));
      endsInOneGroupLedBy(0, swarm, seed);
    }
  }

  /** Of all three; who leads is first in it. */
  private static void endsInOneGroupLedBy(int leader, Swarm swarm, int seed) {
    swarm.finish();
    swarm.agreed();
    for (int peer = 0; peer < 3; peer++) {
      assertThat(swarm.outcome(peer).members()).as("seed %d", seed).hasSize(3);
    }
    assertThat(swarm.outcome(2).members().getFirst())
        .as("the leader, seed %d", seed)
        .isEqualTo(swarm.everybody().get(leader));
  }

  /**
   * The first knows the second and cannot be dialed; the third knows the second only. Whoever
   * followed the first would leave the third alone.
   */
  @Test
  void onlyWhoCanBeDialedLeadsThoseThatItHasNotDialed() {
    for (int seed = 0; seed < 10; seed++) {
      PeerProfile usual = PeerProfile.datacenter();
      Swarm swarm = new Swarm(seed, 3, 2000, i -> i == 0 ? usual.dialOutOnly() : usual);
      average(swarm, 0, 0, List.of(1));
      average(swarm, 1, 20, List.of());
      average(swarm, 2, 40, List.of(1));
      endsInOneGroupLedBy(1, swarm, seed);
    }
  }

  @Test
  void whoeverTheLeaderHasBannedIsInNoGroupOfIts() {
    for (int seed = 0; seed < 10; seed++) {
      Swarm swarm = new Swarm(seed, 4, 2000);
      PeerId banned = swarm.everybody().get(3);
      for (int deed = 0; deed < 2; deed++) {
        Instant now = swarm.simulation.clock().instant();
        swarm.averagers.get(0).trust().hold(banned, Misdeed.NO_NUMBERS, "sends noise", now);
      }
      leavesTheLastOut(swarm, seed);
    }
  }

  @Test
  void whoeverClaimsMoreThanIsPlausibleIsInNoGroup() {
    for (int seed = 0; seed < 10; seed++) {
      Swarm swarm = new Swarm(seed, 4, 2000);
      swarm.averagers.get(0).trust().expect(64, 4);
      swarm.weights.set(3, 73.0);
      leavesTheLastOut(swarm, seed);
    }
  }

  /** The first leads. */
  private static void leavesTheLastOut(Swarm swarm, int seed) {
    average(swarm, 0, 0, List.of());
    for (int peer = 1; peer < 4; peer++) {
      average(swarm, peer, 20 * peer, List.of(0));
    }
    swarm.finish();
    assertThat(swarm.outcome(0).members())
        .as("seed %d", seed)
        .contains(swarm.everybody().get(1), swarm.everybody().get(2))
        .doesNotContain(swarm.everybody().get(3));
  }

  @Test
  void aSearchThatIsGivenUpEndsAtOnceAndTheOthersGoOn() {
    for (int seed = 0; seed < 10; seed++) {
      Swarm swarm = new Swarm(seed, 4, 2000);
      for (int peer = 0; peer < 3; peer++) {
        swarm.average(peer, Duration.ofMillis(peer));
      }
      int leaves = seed % 3;
      swarm.simulation.at(
          Duration.ofMillis(300),
          () ->
              swarm
                  .networks
                  .get(leaves)
                  .loop()
                  .execute(() -> swarm.averagers.get(leaves).cancel("run.gradients")));
      swarm.average(3, Duration.ofMillis(400));
      swarm.finish();
      assertThat(swarm.outcomes.get(leaves))
          .as("seed %d", seed)
          .isInstanceOfSatisfying(
              RoundOutcome.Abandoned.class,
              abandoned -> {
                assertThat(abandoned.cause()).isEqualTo(RoundOutcome.Cause.CANCELLED);
                assertThat(abandoned.timing().matchmaking()).isLessThan(Duration.ofMillis(310));
              });
      for (int peer = 0; peer < 4; peer++) {
        if (peer != leaves) {
          assertThat(swarm.outcome(peer).members()).as("seed %d", seed).hasSize(3);
        }
      }
    }
  }

  private static void average(Swarm swarm, int peer, int millis, List<Integer> known) {
    swarm.simulation.at(
        Duration.ofMillis(millis),
        () ->
            swarm
                .networks
                .get(peer)
                .loop()
                .execute(
                    () -> {
                      var _ =
                          swarm
                              .averagers
                              .get(peer)
                              .average(
                                  swarm.request(
                                      peer, 1, known.stream().map(swarm.everybody()::get).toList()))
                              .thenAccept(outcome -> swarm.outcomes.set(peer, outcome));
                    }));
  }
}
