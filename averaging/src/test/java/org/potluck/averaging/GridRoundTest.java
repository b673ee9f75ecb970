package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.exchange.BrokenMachine;
import org.potluck.network.simulation.PeerProfile;

/** More peers than a group may have average on a grid, and all end with the same bits. */
class GridRoundTest {
  private static final int VALUES = 4000;
  private static final int SEEDS = Integer.getInteger("potluck.seeds", 12);

  @Test
  void nineInGroupsOfThreeHoldTheMeanOfAllAfterTwoStages() {
    for (int seed = 0; seed < SEEDS; seed++) {
      holdTheMeanOfAll(swarm(seed, 9, 3), 9);
    }
  }

  @Test
  void twentySevenInGroupsOfThreeHoldTheMeanOfAllAfterThreeStages() {
    for (int seed = 0; seed < Math.max(3, SEEDS / 4); seed++) {
      holdTheMeanOfAll(swarm(seed, 27, 3), 27);
    }
  }

  @Test
  void anyNumberHoldsTheMeanOfAll() {
    for (int peers : new int[] {4, 5, 7, 11, 14, 22}) {
      holdTheMeanOfAll(swarm(peers, peers, 3), peers);
    }
  }

  /** With {@code -Dpotluck.peers=1000} as many as that; the usual build runs fewer. */
  @Test
  void aLargeSwarmNeedsTwoStages() {
    int peers = Integer.getInteger("potluck.peers", 64);
    int side = (int) Math.ceil(Math.sqrt(peers));
    Swarm swarm = swarm(1, peers, side);
    holdTheMeanOfAll(swarm, peers);
    assertThat(swarm.outcome(peers - 1).members()).hasSizeLessThanOrEqualTo(2 * side + 3);
  }

  @Test
  void lossyCodecsGiveTheSameBitsToAll() {
    for (CodecId codec : CodecId.values()) {
      if (!codec.needsErrorFeedback()) {
        Swarm swarm = swarm(3, 10, 4);
        swarm.codec = codec;
        swarm.averageAll();
        swarm.finish();
        float[] average = swarm.agreed();
        double bound = codec == CodecId.INT8_UNIFORM ? 3 : 1;
        swarm.isTheMeanOf(average, Swarm.all(10), bound);
      }
    }
  }

  @Test
  void peersThatCanOnlyDialOutAreSeatedWithOthers() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Swarm swarm =
          new Swarm(
              seed,
              9,
              VALUES,
              i -> i < 4 ? PeerProfile.datacenter() : PeerProfile.datacenter().dialOutOnly(),
              Swarm.options().withGroupSize(3));
      holdTheMeanOfAll(swarm, 9);
    }
  }

  /**
   * Who finishes holds one average, whoever dies when, and it is that of a set of contributions.
   */
  @Test
  void aDeathAtAnyMomentMakesNobodyApplyAWrongMean() {
    int mended = 0;
    for (int seed = 0; seed < 8 * SEEDS; seed++) {
      int peers = 9 + seed % 4;
      Swarm swarm = homes(seed, peers, 3);
      int victim = seed % peers;
      swarm.averageAll();
      swarm.killAt(victim, swarm.simulation.random("death").nextInt(1200), seed % 3 == 0);
      swarm.finish();
      swarm.equalAmongThoseThatAveraged();
      List<Integer> finished = IntStream.range(0, peers).filter(swarm::averaged).boxed().toList();
      if (finished.isEmpty()) {
        continue;
      }
      float[] average = swarm.average(finished.getFirst());
      List<Integer> others = Swarm.all(peers);
      others.remove(Integer.valueOf(victim));
      for (int v = 0; v < average.length; v++) {
        boolean either =
            Math.abs(average[v] - swarm.mean(v, Swarm.all(peers))) < 1e-5
                || Math.abs(average[v] - swarm.mean(v, others)) < 1e-5;
        assertThat(either).as("value %d, seed %d", v, seed).isTrue();
      }
      long living = IntStream.range(0, peers).filter(i -> swarm.networks.get(i).alive()).count();
      long done = finished.stream().filter(i -> swarm.networks.get(i).alive()).count();
      mended += done == living && living == peers - 1 ? 1 : 0;
    }
    assertThat(mended).as("rounds that all survivors finished").isGreaterThan(6 * SEEDS);
  }

  @Test
  void manyDeathsMayFailTheRoundButNeverSplitIt() {
    for (int seed = 0; seed < 3 * SEEDS; seed++) {
      Swarm swarm = homes(seed, 12, 4);
      swarm.averageAll();
      var random = swarm.simulation.random("deaths");
      for (int i = 0; i < 4; i++) {
        swarm.killAt((seed + 3 * i) % 12, random.nextInt(1200), random.nextBoolean());
      }
      swarm.finish();
      swarm.equalAmongThoseThatAveraged();
    }
  }

  @Test
  void aMemberThatDamagesFramesMakesNobodyApplyAWrongMean() {
    int finished = 0;
    for (int seed = 0; seed < 2 * SEEDS; seed++) {
      int broken = seed % 9;
      int oneIn = 5 + seed % 40;
      Swarm swarm =
          new Swarm(
              seed,
              9,
              8000,
              i -> PeerProfile.home(),
              Swarm.options().withGroupSize(3),
              (i, network) ->
                  i == broken ? new BrokenMachine(network, network.random(), oneIn) : network);
      swarm.averageAll();
      swarm.finish();
      swarm.equalAmongThoseThatAveraged();
      finished += IntStream.range(0, 9).anyMatch(swarm::averaged) ? 1 : 0;
    }
    assertThat(finished).as("rounds that somebody finished").isPositive();
  }

  @Test
  void aCancelledRoundEndsAtOnce() {
    Swarm swarm = homes(5, 9, 3);
    swarm.averageAll();
    swarm.simulation.at(
        Duration.ofMillis(200),
        () ->
            swarm
                .networks
                .get(2)
                .loop()
                .execute(() -> swarm.averagers.get(2).cancel("run.gradients")));
    swarm.finish();
    assertThat(swarm.outcomes.get(2))
        .isInstanceOfSatisfying(
            RoundOutcome.Abandoned.class,
            abandoned -> assertThat(abandoned.cause()).isEqualTo(RoundOutcome.Cause.CANCELLED));
    swarm.equalAmongThoseThatAveraged();
  }

  @Test
  void equalSeedsGiveEqualTimelines() {
    long[] hashes = new long[2];
    for (int run = 0; run < 2; run++) {
      Swarm swarm = homes(11, 9, 3);
      swarm.averageAll();
      swarm.killAt(2, 400, false);
      swarm.finish();
      hashes[run] = swarm.simulation.timelineHash();
    }
    assertThat(hashes[0]).isEqualTo(hashes[1]);
  }

  private static void holdTheMeanOfAll(Swarm swarm, int peers) {
    swarm.averageAll();
    swarm.finish();
    swarm.isTheMeanOf(swarm.agreed(), Swarm.all(peers), 1e-5);
    double total = swarm.weights.stream().mapToDouble(Double::doubleValue).sum();
    assertThat(swarm.outcome(0).weight()).isCloseTo(total, within(1e-6));
  }

  private static Swarm swarm(int seed, int peers, int groupSize) {
    return new Swarm(
        seed,
        peers,
        VALUES,
        i -> PeerProfile.datacenter(),
        Swarm.options().withGroupSize(groupSize));
  }

  private static Swarm homes(int seed, int peers, int groupSize) {
    return new Swarm(
        seed, peers, 20_000, i -> PeerProfile.home(), Swarm.options().withGroupSize(groupSize));
  }
}
