package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.trust.Misdeed;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.PeerId;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

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
      ban(swarm, 0, 3);
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

  /** A grace is a second at first; a round takes a tenth of it. */
  @Test
  void aLeaderDoesNotWaitForWhomItTurnsAway() {
    for (int seed = 0; seed < 10; seed++) {
      Swarm banning = new Swarm(seed, 4, 2000);
      ban(banning, 0, 3);
      isQuickWithoutTheLast(banning, seed);
      Swarm weighing = new Swarm(seed, 4, 2000);
      weighing.averagers.get(0).trust().expect(64, 4);
      weighing.weights.set(3, 73.0);
      isQuickWithoutTheLast(weighing, seed);
    }
  }

  @Test
  void aLeaderDoesNotWaitForWhomItHasBannedThoughItDoesNotCome() {
    for (int seed = 0; seed < 10; seed++) {
      Swarm swarm = new Swarm(seed, 4, 2000);
      ban(swarm, 0, 3);
      IntStream.range(0, 3).forEach(peer -> swarm.average(peer, Duration.ofMillis(peer)));
      isQuick(swarm, seed);
    }
  }

  /** It is on its way here from the round before, and will be turned away. */
  @Test
  void aLeaderDoesNotWaitForWhomItHasBannedThoughItIsNotThereYet() {
    for (int seed = 0; seed < 10; seed++) {
      Swarm swarm = new Swarm(seed, 4, 2000);
      ban(swarm, 0, 3);
      average(swarm, 0, 0, List.of(1, 2));
      average(swarm, 1, 1, List.of(0, 2));
      average(swarm, 2, 2, List.of(0, 1));
      isQuick(swarm, seed);
    }
  }

  private static void isQuickWithoutTheLast(Swarm swarm, int seed) {
    swarm.averageAll();
    isQuick(swarm, seed);
  }

  /** The first three. */
  private static void isQuick(Swarm swarm, int seed) {
    swarm.simulation.runUntil(
        () -> IntStream.range(0, 3).allMatch(peer -> swarm.outcomes.get(peer) != null),
        Duration.ofMinutes(2));
    assertThat(swarm.simulation.elapsed()).as("seed %d", seed).isLessThan(Duration.ofMillis(500));
    assertThat(swarm.outcome(0).members()).as("seed %d", seed).hasSize(3);
  }

  /** Or those that it has banned could make another round of the same epoch. */
  @Test
  void whomTheLeaderTurnsAwayCountsForTheQuorum() {
    for (int seed = 0; seed < 10; seed++) {
      Swarm swarm = new Swarm(seed, 4, 2000);
      ban(swarm, 0, 2);
      ban(swarm, 0, 3);
      swarm.averageAll();
      swarm.finish();
      for (int peer = 0; peer < 4; peer++) {
        assertThat(swarm.averaged(peer)).as("seed %d, peer %d", seed, peer).isFalse();
      }
      assertThat(swarm.outcomes.get(0))
          .as("seed %d", seed)
          .isInstanceOfSatisfying(
              RoundOutcome.Abandoned.class,
              abandoned ->
                  assertThat(abandoned.reason()).contains("2 of 4 peers came together in time"));
    }
  }

  /** Round after round it comes 400 ms after the leader has begun without it. */
  @Test
  void nobodyLearnsToWaitForWhomItHasBanned() {
    Swarm swarm = new Swarm(1, 5, 2000);
    ban(swarm, 0, 4);
    for (int round = 0; round < 12; round++) {
      for (int peer = 0; peer < 5; peer++) {
        swarm.outcomes.set(peer, null);
        swarm.average(peer, Duration.ofMillis(peer < 4 ? peer : 400));
      }
      swarm.finish();
      assertThat(swarm.outcome(0).members()).hasSize(4);
      swarm.epoch++;
    }
    Duration before = swarm.simulation.elapsed();
    IntStream.range(0, 3).forEach(peer -> swarm.outcomes.set(peer, null));
    IntStream.range(0, 3).forEach(peer -> swarm.average(peer, Duration.ofMillis(peer)));
    swarm.finish();
    assertThat(swarm.outcome(0).members()).hasSize(3);
    assertThat(swarm.simulation.elapsed().minus(before))
        .as("a round without one that is waited for")
        .isBetween(Duration.ofMillis(100), Duration.ofMillis(450));
  }

  private static void ban(Swarm swarm, int judge, int peer) {
    Instant now = swarm.simulation.clock().instant();
    for (int deed = 0; deed < 2; deed++) {
      swarm
          .averagers
          .get(judge)
          .trust()
          .hold(swarm.everybody().get(peer), Misdeed.NO_NUMBERS, "sends noise", now);
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

  /** Everybody declares itself in the same microsecond: the smallest peer id leads. */
  @Test
  void ofEqualTimesOneLeads() {
    for (int seed = 0; seed < 20; seed++) {
      int peers = 2 + seed % 5;
      Swarm swarm = new Swarm(seed, peers, 2000);
      Swarm.all(peers).forEach(peer -> swarm.average(peer, Duration.ZERO));
      swarm.finish();
      swarm.agreed();
      PeerId smallest = Collections.min(swarm.everybody());
      assertThat(swarm.outcome(0).members()).as("seed %d", seed).hasSize(peers);
      assertThat(swarm.outcome(0).members().getFirst()).as("seed %d", seed).isEqualTo(smallest);
      assertThat(swarm.simulation.elapsed()).isLessThan(Duration.ofMillis(500));
    }
  }

  /** An hour ahead or behind: who is furthest behind leads, and nothing takes longer. */
  @Test
  void clocksNeedNotAgree() {
    for (int seed = 0; seed < 20; seed++) {
      var random = new SplittableRandom(seed);
      List<Duration> ahead = new ArrayList<>();
      for (int peer = 0; peer < 4; peer++) {
        ahead.add(Duration.ofSeconds(random.nextInt(-3600, 3600)));
      }
      Swarm swarm =
          new Swarm(
              seed,
              4,
              2000,
              i -> PeerProfile.home(),
              Swarm.options(),
              (i, network) -> Machines.withClock(network, ahead.get(i)));
      swarm.skews = ahead::get;
      swarm.averageAll();
      swarm.finish();
      swarm.isTheMeanOf(swarm.agreed(), Swarm.all(4), 1e-5);
      assertThat(swarm.outcome(0).members().getFirst())
          .as("seed %d", seed)
          .isEqualTo(swarm.everybody().get(ahead.indexOf(Collections.min(ahead))));
      assertThat(swarm.simulation.elapsed()).as("seed %d", seed).isLessThan(Duration.ofSeconds(2));
    }
  }

  /**
   * After it has told none, one, ... of its four followers. Those who have the plan and those who
   * have not are never a quorum both; where neither is, all meet again.
   */
  @Test
  void aLeaderThatDiesWhileItTellsThePlanSplitsNobody() {
    for (int told = 0; told <= 4; told++) {
      for (int seed = 0; seed < 10; seed++) {
        Swarm swarm = dyingLeader(seed, told);
        swarm.averageAll();
        swarm.finish();
        swarm.equalAmongThoseThatAveraged();
        if (averaged(swarm) < 3) {
          for (int peer = 1; peer < 5; peer++) {
            if (!swarm.averaged(peer)) {
              swarm.outcomes.set(peer, null);
              swarm.average(peer, Duration.ofMillis(100));
            }
          }
          swarm.finish();
          swarm.equalAmongThoseThatAveraged();
        }
        assertThat(averaged(swarm))
            .as("of the others, %d told, seed %d", told, seed)
            .isGreaterThanOrEqualTo(3);
      }
    }
  }

  private static long averaged(Swarm swarm) {
    return IntStream.range(1, 5).filter(swarm::averaged).count();
  }

  private static Swarm dyingLeader(int seed, int told) {
    List<Swarm> holder = new ArrayList<>();
    AtomicInteger plans = new AtomicInteger();
    Swarm swarm =
        new Swarm(
            seed,
            5,
            2000,
            i -> PeerProfile.home(),
            Swarm.options(),
            (i, network) ->
                i > 0
                    ? network
                    : Machines.answering(
                        network,
                        "/potluck/join/1",
                        bytes -> {
                          if (bytes < 200) {
                            return true;
                          }
                          if (plans.getAndIncrement() == told) {
                            holder
                                .getFirst()
                                .simulation
                                .at(
                                    Duration.ofMillis(30),
                                    () -> holder.getFirst().simulation.crash(network));
                          }
                          return plans.get() <= told;
                        }));
    holder.add(swarm);
    return swarm;
  }

  @Test
  void whoComesWhenTheRoundHasBegunIsToldSoAtOnce() {
    for (int seed = 0; seed < 10; seed++) {
      Swarm swarm = new Swarm(seed, 5, 2000, i -> PeerProfile.home());
      for (int peer = 0; peer < 4; peer++) {
        swarm.average(peer, Duration.ofMillis(peer));
      }
      swarm.average(4, Duration.ofSeconds(4));
      swarm.finish();
      assertThat(swarm.outcomes.get(4))
          .as("seed %d", seed)
          .isInstanceOfSatisfying(
              RoundOutcome.Abandoned.class,
              abandoned -> {
                assertThat(abandoned.reason()).contains("began without this peer");
                assertThat(abandoned.timing().matchmaking()).isLessThan(Duration.ofSeconds(1));
              });
      for (int peer = 0; peer < 4; peer++) {
        assertThat(swarm.outcome(peer).members()).as("seed %d", seed).hasSize(4);
      }
    }
  }

  /** At every moment of a search, also while the plan is on its way to the one that gives up. */
  @Test
  void whoeverGivesUpAtWhateverMomentHoldsNobodyUp() {
    Duration longest = Duration.ZERO;
    for (int millis = 0; millis < 200; millis += 2) {
      Swarm swarm = new Swarm(millis, 4, 2000, i -> PeerProfile.home());
      swarm.averageAll();
      int leaves = millis / 2 % 4;
      swarm.simulation.at(
          Duration.ofMillis(millis),
          () ->
              swarm
                  .networks
                  .get(leaves)
                  .loop()
                  .execute(() -> swarm.averagers.get(leaves).cancel("run.gradients")));
      swarm.finish();
      swarm.equalAmongThoseThatAveraged();
      for (int peer = 0; peer < 4; peer++) {
        if (peer != leaves) {
          assertThat(swarm.averaged(peer)).as("%d ms, peer %d", millis, peer).isTrue();
        }
      }
      longest = Collections.max(List.of(longest, swarm.simulation.elapsed()));
    }
    // The grace for the one that is missing, and a round.
    assertThat(longest).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void oneThatContributesIsEnough() {
    for (int seed = 0; seed < 5; seed++) {
      Swarm swarm = new Swarm(seed, 4, 5000);
      swarm.roles = peer -> peer == 2 ? Role.TRAINER : Role.AUXILIARY;
      swarm.averageAll();
      swarm.finish();
      swarm.isTheMeanOf(swarm.agreed(), List.of(2), 1e-5);
    }
  }

  /**
   * Four of five are no quorum where three of them bring nothing: half of the work would be lost.
   */
  @Test
  void auxiliariesDoNotBeginWithoutATrainerThatIsLate() {
    for (int seed = 0; seed < 5; seed++) {
      Swarm swarm = new Swarm(seed, 5, 5000);
      swarm.roles = peer -> peer < 2 ? Role.TRAINER : Role.AUXILIARY;
      for (int peer : List.of(0, 2, 3, 4)) {
        swarm.average(peer, Duration.ZERO);
      }
      swarm.average(1, Duration.ofSeconds(4));
      swarm.finish();
      swarm.isTheMeanOf(swarm.agreed(), List.of(0, 1), 1e-5);
    }
  }

  /** The epoch stays open for those who come with something. */
  @Test
  void whereNobodyContributesNothingIsAveraged() {
    Swarm swarm = new Swarm(1, 4, 5000);
    swarm.roles = peer -> Role.AUXILIARY;
    swarm.averageAll();
    swarm.finish();
    for (int peer = 0; peer < 4; peer++) {
      assertThat(swarm.outcomes.get(peer)).isInstanceOf(RoundOutcome.Abandoned.class);
      swarm.outcomes.set(peer, null);
    }
    swarm.roles = peer -> Role.TRAINER;
    swarm.averageAll();
    swarm.finish();
    swarm.isTheMeanOf(swarm.agreed(), Swarm.all(4), 1e-5);
  }

  /**
   * A stranger announces itself for a thousand rounds, and holds three hundred streams open: what
   * the first said to the second before is still known, and the second finds room with the first.
   */
  @Test
  void onePeerCannotFillWhatIsKeptForLater() {
    for (int seed = 0; seed < 4; seed++) {
      Swarm swarm = new Swarm(seed, 2, 2000);
      SimulatedNetwork stranger = swarm.simulation.addPeer(PeerProfile.datacenter());
      swarm.networks.forEach(victim -> stranger.remember(victim.self(), victim.addresses()));
      average(swarm, 0, 0, List.of(1));
      for (int i = 0; i < 1400; i++) {
        boolean announcement = i < 1100;
        PeerId victim = swarm.networks.get(announcement ? 1 : 0).self();
        JoinMessage message =
            JoinMessage.newBuilder()
                .setKey("run.gradients")
                .setEpoch(100 + i)
                .setAnnouncement(announcement)
                .build();
        swarm.simulation.at(
            Duration.ofMillis(50 + i / 5),
            () -> stranger.loop().execute(() -> say(stranger, victim, message)));
      }
      average(swarm, 1, 420, List.of());
      swarm.finish();
      swarm.isTheMeanOf(swarm.agreed(), Swarm.all(2), 1e-5);
      assertThat(swarm.outcome(1).timing().matchmaking())
          .as("seed %d", seed)
          .isLessThan(Duration.ofMillis(200));
    }
  }

  private static void say(SimulatedNetwork stranger, PeerId to, JoinMessage message) {
    var _ =
        stranger
            .open(to, "/potluck/join/1", Duration.ofSeconds(1))
            .thenAccept(
                stream -> {
                  stream.handler((from, data) -> data.position(data.limit()));
                  stream.write(Frames.of(FrameKind.JOIN, message));
                });
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
