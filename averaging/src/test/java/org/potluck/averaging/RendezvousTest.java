package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.PeerProfile;

class RendezvousTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  @Test
  void nobodyWhoIsThereMissesARound() {
    double waits = 0;
    for (int seed = 0; seed < 40; seed++) {
      int peers = 2 + seed % 7;
      PeerProfile profile = seed % 2 == 0 ? PeerProfile.datacenter() : PeerProfile.home();
      TrainingSwarm swarm =
          new TrainingSwarm(seed, peers, 16L * peers, profile, i -> Duration.ofMillis(300));
      swarm.reach(3, LONG);
      int before = swarm.missed();
      swarm.reach(30, LONG);
      System.out.println(
          "seed "
              + seed
              + " peers "
              + peers
              + " missed "
              + (swarm.missed() - before)
              + " before "
              + before
              + " wait "
              + swarm.meanWaitSeconds());
      waits += swarm.meanWaitSeconds();
    }
    System.out.println("mean wait " + waits / 40);
    assertThat(waits).isLessThan(40);
  }
}
