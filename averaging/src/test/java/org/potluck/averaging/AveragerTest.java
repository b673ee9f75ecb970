package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.CodecId;
import org.potluck.network.simulation.PeerProfile;

class AveragerTest {
  private static final int VALUES = 5000;

  @Test
  void everyoneHoldsTheWeightedMean() {
    for (int peers : new int[] {2, 3, 4, 7, 16}) {
      Swarm swarm = new Swarm(peers, peers, VALUES);
      swarm.averageAll();
      swarm.finish();
      isTheMeanOf(swarm, swarm.agreed(), all(peers), 1e-5);
    }
  }

  @Test
  void theSumRunsInGroupOrder() {
    Swarm swarm = new Swarm(5, 4, VALUES);
    swarm.averageAll();
    swarm.finish();
    float[] average = swarm.agreed();
    RoundOutcome.Averaged outcome = swarm.outcome(0);
    List<Integer> order =
        outcome.members().stream().map(peer -> swarm.everybody().indexOf(peer)).toList();
    double weightMax = swarm.weights.stream().mapToDouble(w -> w).max().orElseThrow();
    for (int v = 0; v < VALUES; v++) {
      float sum = 0;
      float scale = 0;
      for (int i : order) {
        float share = (float) (swarm.weights.get(i) / weightMax);
        float term = share * swarm.vectors.get(i).getAtIndex(ValueLayout.JAVA_FLOAT, v);
        sum += term;
        scale += share;
      }
      assertThat(average[v]).isEqualTo(sum * (1 / scale));
    }
  }

  @Test
  void matchmakingOfReadyPeersTakesAFewRoundTrips() {
    Swarm swarm = new Swarm(6, 8, VALUES);
    swarm.averageAll();
    swarm.finish();
    for (int peer = 0; peer < 8; peer++) {
      assertThat(swarm.outcome(peer).timing().matchmaking()).isLessThan(Duration.ofMillis(60));
    }
  }

  @Test
  void everyoneHoldsTheSameBitsWithLossyCodecs() {
    for (CodecId codec : List.of(CodecId.FLOAT16, CodecId.INT8_BLOCKWISE)) {
      Swarm swarm = new Swarm(7, 5, VALUES);
      swarm.codec = codec;
      swarm.averageAll();
      swarm.finish();
      isTheMeanOf(swarm, swarm.agreed(), all(5), 0.1);
    }
  }

  @Test
  void aPeerThatIsExpectedToBeAloneAveragesWithItself() {
    Swarm swarm = new Swarm(8, 1, VALUES);
    swarm.averageAll();
    swarm.finish();
    assertThat(swarm.agreed()).isEqualTo(swarm.vectors.getFirst().toArray(ValueLayout.JAVA_FLOAT));
  }

  @Test
  void peersThatCanOnlyDialOutTakePart() {
    Swarm swarm =
        new Swarm(
            9,
            4,
            VALUES,
            i -> i < 2 ? PeerProfile.datacenter() : PeerProfile.datacenter().dialOutOnly());
    for (int peer = 0; peer < 4; peer++) {
      swarm.average(peer, Duration.ofMillis(peer));
    }
    swarm.finish();
    assertThat(List.of(swarm.averaged(0), swarm.averaged(1))).containsOnly(true);
  }

  @Test
  void aLoneCrashAtAnyMomentLeavesTheOthersWithEqualBits() {
    for (int seed = 0; seed < 150; seed++) {
      int peers = 3 + seed % 5;
      Swarm swarm = new Swarm(seed, peers, 3000);
      swarm.averageAll();
      int victim = seed % peers;
      int micros = swarm.simulation.random("crash").nextInt(80_000);
      boolean silently = seed % 3 == 0;
      swarm.simulation.at(
          Duration.ofNanos(micros * 1000L),
          () -> {
            if (silently) {
              swarm.simulation.cutPower(swarm.networks.get(victim));
            } else {
              swarm.simulation.crash(swarm.networks.get(victim));
            }
          });
      swarm.finish();
      float[] average = swarm.agreed();
      for (int v = 0; v < 3000; v++) {
        double with = swarm.mean(v, all(peers));
        double without = swarm.mean(v, all(peers).stream().filter(i -> i != victim).toList());
        double nearer =
            Math.abs(average[v] - with) < Math.abs(average[v] - without) ? with : without;
        assertThat((double) average[v]).as("seed %d", seed).isCloseTo(nearer, within(1e-5));
      }
    }
  }

  private static List<Integer> all(int peers) {
    return new ArrayList<>(IntStream.range(0, peers).boxed().toList());
  }

  private static void isTheMeanOf(
      Swarm swarm, float[] average, List<Integer> who, double tolerance) {
    for (int v = 0; v < average.length; v++) {
      assertThat((double) average[v])
          .as("value %d, seed %d", v, swarm.simulation.seed())
          .isCloseTo(swarm.mean(v, who), within(tolerance));
    }
  }
}
