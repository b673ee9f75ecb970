package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.potluck.network.EventLoop;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

/** Members that die after they have enlisted and before the group begins; nobody is told of it. */
class DeathWhileMeetingTest {
  private static final int PEERS = 5;
  private static final Duration READY = Duration.ofMillis(100);
  private static final Duration NEVER = Duration.ofHours(1);

  /**
   * The one that dies is still computing, so the others wait for it. Their connections to it break,
   * and it does not answer when dialed: that takes a few round trips, and not the grace of 1 s.
   */
  @Test
  void nobodyWaitsForOneWhoseConnectionsHaveBroken() {
    List<Duration> waits = new ArrayList<>();
    for (int seed = 0; seed < 40; seed++) {
      Duration dies = Duration.ofMillis(200 + seed * 5L);
      int victim = seed % PEERS;
      Swarm swarm = meeting(seed, i -> PeerProfile.home(), victim, NEVER);
      swarm.simulation.at(dies, () -> swarm.simulation.crash(swarm.networks.get(victim)));
      swarm.finish();
      swarm.agreed();
      for (int peer = 0; peer < PEERS; peer++) {
        if (peer != victim) {
          assertThat(swarm.outcome(peer).members()).as("seed %d", seed).hasSize(PEERS - 1);
          waits.add(READY.plus(swarm.outcome(peer).timing().matchmaking()).minus(dies));
        }
      }
    }
    Collections.sort(waits);
    assertThat(waits.getLast()).isLessThan(Duration.ofMillis(500));
  }

  /** A connection that breaks without a death: the two find each other again. */
  @Test
  void aBrokenConnectionIsNoDeath() {
    for (int seed = 0; seed < 40; seed++) {
      int broken = 1 + seed % (PEERS - 1);
      Swarm swarm =
          meeting(
              seed,
              i -> i % 2 == 0 ? PeerProfile.home() : PeerProfile.home().dialOutOnly(),
              broken,
              Duration.ofMillis(900));
      SimulatedNetwork leader = swarm.networks.getFirst();
      swarm.simulation.at(
          Duration.ofMillis(200 + seed * 5L),
          () -> leader.loop().execute(() -> leader.disconnect(swarm.networks.get(broken).self())));
      swarm.finish();
      swarm.isTheMeanOf(swarm.agreed(), Swarm.all(PEERS), 1e-5);
      assertThat(swarm.simulation.elapsed()).as("seed %d", seed).isLessThan(Duration.ofSeconds(2));
    }
  }

  /**
   * All enlist and have their contribution soon, but for one that takes as long as {@code late}.
   */
  private static Swarm meeting(
      int seed, IntFunction<PeerProfile> profiles, int computing, Duration late) {
    Swarm swarm = new Swarm(seed, PEERS, 2000, profiles);
    for (int peer = 0; peer < PEERS; peer++) {
      enlist(swarm, peer, peer == computing ? late : READY);
    }
    return swarm;
  }

  private static void enlist(Swarm swarm, int peer, Duration ready) {
    EventLoop loop = swarm.networks.get(peer).loop();
    swarm.simulation.at(
        Duration.ofMillis(peer),
        () ->
            loop.execute(
                () -> {
                  RoundRequest request = swarm.request(peer, 1);
                  Enlistment place =
                      swarm.averagers.get(peer).enlist(request.terms(), request.attendance());
                  EventLoop.Timer _ =
                      loop.schedule(
                          ready.minusMillis(peer),
                          () -> {
                            var _ =
                                place
                                    .bring(request.contribution(), request.deadline())
                                    .thenAccept(outcome -> swarm.outcomes.set(peer, outcome));
                          });
                }));
  }
}
