package org.potluck.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.state.Notary;
import org.potluck.averaging.state.RightOfWay;
import org.potluck.averaging.state.Snapshot;
import org.potluck.averaging.state.StateClient;
import org.potluck.averaging.state.StateDonor;
import org.potluck.averaging.state.StateLimits;
import org.potluck.network.Bandwidth;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

/** What a newcomer's download from members of a group costs their round. */
class RoundBesideDownloadTest {
  private static final int SEEDS = 3;
  private static final int PEERS = 4;
  private static final int VALUES = 1_000_000;
  private static final int STATE_BYTES = 48 << 20;
  private static final String RUN = "run";
  private static final Duration LONG = Duration.ofHours(1);

  @Test
  void aDownloadDoesNotSlowTheRoundOfItsDonors() {
    double alone = 0;
    double pushed = 0;
    double beside = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      alone += new Scene(seed, averager -> RightOfWay.NOBODY).roundAlone();
      pushed += new Scene(seed, averager -> RightOfWay.NOBODY).roundBesideDownload();
      Scene polite = new Scene(seed, RoundBesideDownloadTest::home);
      beside += polite.roundBesideDownload();
      assertThat(polite.downloaded().bytes()).isEqualTo(STATE_BYTES);
    }

    assertThat(beside / alone).isLessThan(1.05);
    assertThat(pushed / alone).as("without right of way").isGreaterThan(1.2);
  }

  @Test
  void aDownloadEndsWhereOneRoundFollowsTheOther() {
    RightOfWay always = new RightOfWay(() -> true, () -> PeerProfile.home().up());
    Scene scene = new Scene(4, averager -> always);
    scene.beginDownload();

    assertThat(scene.downloaded().bytes()).isEqualTo(STATE_BYTES);
  }

  private static RightOfWay home(Averager averager) {
    Bandwidth up = PeerProfile.home().up();
    return new RightOfWay(averager::exchanging, () -> up);
  }

  /** A group of peers at home, and a newcomer that downloads from all of them. */
  private static final class Scene {
    private final Swarm swarm;
    private final SimulatedNetwork newcomer;
    private final CompletableFuture<Snapshot> download = new CompletableFuture<>();

    Scene(long seed, Function<Averager, RightOfWay> before) {
      swarm =
          new Swarm(
              seed,
              PEERS,
              VALUES,
              i -> PeerProfile.home(),
              Swarm.options().withChunkBytesMax(64 << 10).withBufferBytesMax(64 << 20));
      newcomer = swarm.simulation.addPeer(PeerProfile.datacenter());
      Snapshot state =
          new Snapshot(
              1, "digest", List.of(MemorySegment.ofArray(new byte[STATE_BYTES])), new byte[0]);
      for (int peer = 0; peer < PEERS; peer++) {
        SimulatedNetwork network = swarm.networks.get(peer);
        newcomer.remember(network.self(), network.addresses());
        StateDonor donor =
            new StateDonor(
                network.loop(),
                new Rpc(network, network.random()),
                RUN,
                StateLimits.usual(STATE_BYTES),
                before.apply(swarm.averagers.get(peer)),
                _ -> Optional.empty(),
                Runnable::run);
        network.loop().execute(() -> donor.offer(state));
      }
    }

    /** Seconds of exchange, of the slowest member. */
    double roundAlone() {
      swarm.averageAll();
      swarm.finish();
      swarm.agreed();
      double slowest = 0;
      for (int peer = 0; peer < PEERS; peer++) {
        slowest = Math.max(slowest, swarm.outcome(peer).timing().exchange().toNanos() / 1e9);
      }
      return slowest;
    }

    /** The same while everybody is a donor. */
    double roundBesideDownload() {
      beginDownload();
      swarm.simulation.runFor(Duration.ofSeconds(1));
      assertThat(download).isNotDone();
      return roundAlone();
    }

    void beginDownload() {
      newcomer
          .loop()
          .execute(
              () -> {
                StateClient client =
                    new StateClient(
                        newcomer.loop(),
                        new Rpc(newcomer, newcomer.random()),
                        RUN,
                        StateLimits.usual(STATE_BYTES),
                        Notary.TRUSTING,
                        newcomer.random());
                CompletableFuture<Void> _ =
                    client
                        .download(swarm.everybody(), -1, Duration.ofMinutes(2))
                        .thenAccept(download::complete);
              });
    }

    Snapshot downloaded() {
      return swarm.simulation.await(download, LONG);
    }
  }
}
