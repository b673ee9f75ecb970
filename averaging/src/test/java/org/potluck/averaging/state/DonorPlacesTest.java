package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.state.proto.StateChunkMessage;
import org.potluck.averaging.state.proto.StateChunkRequest;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.network.NetworkException;
import org.potluck.network.rpc.MessageReceiver;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

/**
 * What a donor's places are worth: how many have one, who loses it, and what those with one get.
 */
class DonorPlacesTest {
  private static final Duration MIDWAY = Duration.ofMillis(250);
  private static final int PLACES = 2;

  @Test
  void noMoreDownloadThanHavePlacesAndNobodyAsksBeforeItsTime() {
    Donors donors = donors(1, PLACES);
    List<CompletableFuture<Snapshot>> downloads = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      downloads.add(donors.downloadAs(donors.another()));
    }
    int most = 0;
    while (!downloads.stream().allMatch(CompletableFuture::isDone)) {
      donors.simulation.runFor(Duration.ofMillis(20));
      most = Math.max(most, donors.donors.getFirst().downloads());
    }
    assertThat(most).isEqualTo(PLACES);
    downloads.forEach(each -> assertThat(donors.await(each).epoch()).isEqualTo(7));
    assertThat(donors.networks.getFirst().total().bytesReceived())
        .as("requests of six")
        .isLessThan(50_000);
  }

  @Test
  void whoDoesNothingWithItsPlaceLosesIt() {
    Donors donors = donors(2, 1);
    Greedy idle = new Greedy(donors, 1);
    idle.begin();
    donors.simulation.runFor(Duration.ofSeconds(1));
    assertThat(idle.received).isPositive();
    assertThat(donors.donors.getFirst().downloads()).isOne();

    assertThat(donors.await(donors.download()).epoch()).isEqualTo(7);
    assertThat(donors.simulation.elapsed())
        .isLessThan(Donors.limits().placeLimit().multipliedBy(3));
  }

  @Test
  void whoFetchesTheStateOverAndOverMakesRoomForOthers() {
    Donors donors = donors(3, 1);
    Greedy greedy = new Greedy(donors, Integer.MAX_VALUE);
    greedy.begin();
    donors.simulation.runFor(Duration.ofSeconds(1));
    assertThat(donors.donors.getFirst().downloads()).isOne();

    assertThat(donors.await(donors.download()).epoch()).isEqualTo(7);
    assertThat(greedy.received).isGreaterThan(2 * Donors.limits().bytesMax());
    assertThat(donors.simulation.elapsed())
        .isLessThan(Donors.limits().placeLimit().multipliedBy(3));
  }

  @Test
  void whatGoesOutBesideARoundIsForAllInTurn() {
    Donors donors = donors(4, PLACES);
    donors.uplink = PeerProfile.home().up();
    SimulatedNetwork other = donors.another();
    CompletableFuture<Snapshot> one = donors.download();
    CompletableFuture<Snapshot> two = donors.downloadAs(other);
    donors.simulation.runFor(MIDWAY);
    assertThat(donors.donors.getFirst().downloads()).isEqualTo(PLACES);
    donors.averaging = true;
    long before = donors.newcomer.total().bytesReceived();
    long otherBefore = other.total().bytesReceived();
    donors.simulation.runFor(Duration.ofSeconds(10));
    assertThat(one).isNotDone();
    assertThat(two).isNotDone();
    double got = donors.newcomer.total().bytesReceived() - before;
    double otherGot = other.total().bytesReceived() - otherBefore;
    assertThat(got / (got + otherGot)).isBetween(0.4, 0.6);
  }

  @Test
  void aRoundThatBeginsWaitsForAFewPiecesOnly() {
    // With chunks so large that more than a few pieces are asked for ahead.
    Donors donors = new Donors(5, 1, Donors.limits().withChunkBytes(256 << 10));
    donors.offerAll(Donors.snapshot(7));
    donors.uplink = PeerProfile.home().up();
    CompletableFuture<Snapshot> download = donors.download();
    donors.simulation.runFor(MIDWAY);
    donors.averaging = true;
    long before = donors.newcomer.total().bytesReceived();
    donors.simulation.runFor(Duration.ofSeconds(1));
    assertThat(download).isNotDone();
    double uplink = donors.uplink.bytesPerSecond();
    assertThat((double) donors.newcomer.total().bytesReceived() - before)
        .as("what was queued, the 64th part of a second, and two pieces")
        .isLessThan(0.025 * uplink + uplink / 64 + 2 * Donors.limits().pieceBytes());
  }

  @Test
  void ofTwoFormerStatesTheOneBegunFirstStays() {
    Donors donors = donors(6, PLACES);
    SimulatedNetwork other = donors.another();
    donors.uplink = PeerProfile.home().up();
    CompletableFuture<Snapshot> first = donors.download();
    donors.simulation.runFor(MIDWAY);
    donors.averaging = true; // So that both take their time.
    donors.offerAll(Donors.snapshot(8));
    CompletableFuture<Snapshot> second = donors.downloadAs(other);
    donors.simulation.runFor(Duration.ofSeconds(2));
    assertThat(donors.donors.getFirst().downloads()).isEqualTo(2);
    donors.offerAll(Donors.snapshot(9));
    donors.simulation.runFor(Duration.ofMillis(1));
    assertThat(first).isNotDone();
    assertThat(donors.donors.getFirst().snapshots()).isEqualTo(2);
    donors.averaging = false;

    assertThat(donors.await(first).epoch()).isEqualTo(7);
    assertThat(donors.await(second).epoch()).isEqualTo(9);
  }

  private static Donors donors(long seed, int places) {
    Donors donors = new Donors(seed, 1, Donors.limits().withDonor(places, 2));
    donors.offerAll(Donors.snapshot(7));
    return donors;
  }

  /** Asks the first donor for the first chunk again and again. */
  private static final class Greedy implements MessageReceiver<StateChunkMessage> {
    private static final int AHEAD = 32;

    private final Donors donors;
    private final SimulatedNetwork network;
    private int left;
    private Runnable request = () -> {};
    long received;

    Greedy(Donors donors, int times) {
      this.donors = donors;
      network = donors.another();
      left = times;
    }

    void begin() {
      network.loop().execute(this::ask);
    }

    private void ask() {
      Rpc rpc = new Rpc(network, network.random());
      StateManifestRequest request =
          StateManifestRequest.newBuilder().setRun(Donors.RUN).setNewerThanEpoch(-1).build();
      var _ =
          rpc.call(
                  donors.everybody().getFirst(),
                  StateMethods.MANIFEST,
                  request,
                  Duration.ofSeconds(10))
              .thenAccept(
                  answer -> {
                    try {
                      open(rpc, Manifest.read(answer, Donors.limits().bytesMax()));
                    } catch (NetworkException e) {
                      throw new AssertionError(e);
                    }
                  });
    }

    private void open(Rpc rpc, Manifest manifest) {
      StateChunkRequest first =
          StateChunkRequest.newBuilder()
              .setRun(Donors.RUN)
              .setRoot(manifest.root())
              .setIndex(0)
              .build();
      var _ =
          rpc.open(donors.everybody().getFirst(), StateMethods.CHUNKS, this, Duration.ofSeconds(10))
              .thenAccept(
                  opened -> {
                    request = () -> opened.send(first);
                    opened.idleLimit(Duration.ofDays(1));
                    for (int i = 0; i < AHEAD; i++) {
                      askOnce();
                    }
                  });
    }

    private void askOnce() {
      if (left > 0) {
        left--;
        request.run();
      }
    }

    @Override
    public void message(StateChunkMessage message) {
      received += message.getData().size();
      askOnce();
    }

    @Override
    public void endOfMessages() {}

    @Override
    public void closed(Optional<NetworkException> trouble) {
      left = 0;
    }
  }
}
