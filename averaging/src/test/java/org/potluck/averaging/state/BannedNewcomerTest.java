package org.potluck.averaging.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.state.proto.StateManifestMessage;
import org.potluck.averaging.state.proto.StateManifestRequest;
import org.potluck.averaging.trust.Ban;
import org.potluck.network.PeerId;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;

/** Whom donors have banned: it gets nothing, hears why, and comes back when the ban is over. */
class BannedNewcomerTest {
  private static final Duration BAN = Duration.ofMinutes(10);
  private static final Duration MIDWAY = Duration.ofMillis(250);
  private static final long STATE_BYTES = 4L * Donors.VECTORS * Donors.VECTOR_VALUES;

  @Test
  void getsNothingAndHearsWhyAndUntilWhen() {
    Donors donors = donors(1);
    ban(donors, 3);
    StateClient client = client(donors);
    assertThat(barred(donors, client)).as("before it has asked").isEmpty();

    assertThat(download(donors, client)).isEmpty();
    Barred barred = barred(donors, client).orElseThrow();
    assertThat(barred.by()).isEqualTo(3);
    assertThat(barred.of()).isEqualTo(3);
    assertThat(barred).hasToString("banned by 3 of 3 peers: sent noise");
    Duration left = Duration.between(donors.simulation.clock().instant(), barred.until());
    assertThat(left).isBetween(BAN.minusSeconds(10), BAN);
    assertThat(donors.donors).allSatisfy(donor -> assertThat(donor.hashed()).isFalse());

    long before = donors.sent(0);
    assertThat(before).isLessThan(10_000);
    assertThat(download(donors, client)).isEmpty();
    assertThat(donors.sent(0)).as("is not asked again").isEqualTo(before);
  }

  @Test
  void comesBackWhenTheBanIsOver() {
    Donors donors = donors(2);
    ban(donors, 3);
    StateClient client = client(donors);
    assertThat(download(donors, client)).isEmpty();
    donors.simulation.runFor(BAN);

    assertThat(barred(donors, client)).isEmpty();
    assertThat(download(donors, client)).map(Snapshot::epoch).contains(7L);
  }

  @Test
  void whatOneDonorThinksKeepsOnlyThatOne() {
    Donors donors = donors(3);
    ban(donors, 1);
    StateClient client = client(donors);

    assertThat(download(donors, client)).map(Snapshot::epoch).contains(7L);
    assertThat(donors.sent(0)).isLessThan(10_000);
    assertThat(barred(donors, client)).isEmpty();
  }

  @Test
  void aBanEndsTheDownloadThatIsUnderWay() {
    Donors donors = donors(4);
    StateClient client = client(donors);
    CompletableFuture<Optional<Snapshot>> download = begin(donors, client);
    donors.simulation.runFor(MIDWAY);
    assertThat(download).isNotDone();
    ban(donors, 3);

    assertThat(donors.simulation.await(download, Duration.ofMinutes(1))).isEmpty();
    assertThat(barred(donors, client)).isPresent();
    assertThat(donors.donors).allSatisfy(donor -> assertThat(donor.downloads()).isZero());
    assertThat(donors.sent(0) + donors.sent(1) + donors.sent(2)).isLessThan(STATE_BYTES);
  }

  /** A program that takes no notice of refusals asks ten times a second, and opens streams. */
  @Test
  void whoeverAsksAllTheTimeHoldsUpNobody() {
    double[] seconds = new double[2];
    for (int asks = 0; asks < 2; asks++) {
      Donors donors = donors(5);
      SimulatedNetwork banned = donors.simulation.addPeer(PeerProfile.datacenter());
      donors.networks.forEach(each -> banned.remember(each.self(), each.addresses()));
      donors.bans = (_, peer) -> ban(donors, peer.equals(banned.self()));
      if (asks == 1) {
        Rpc rpc = new Rpc(banned, banned.random());
        banned.loop().execute(() -> askOn(donors, banned, rpc));
      }
      donors.simulation.runFor(Duration.ofSeconds(1));
      Duration began = donors.simulation.elapsed();
      assertThat(donors.await(donors.download()).epoch()).isEqualTo(7);
      seconds[asks] = donors.simulation.elapsed().minus(began).toNanos() / 1e9;
    }
    assertThat(seconds[1] / seconds[0]).isLessThan(1.05);
  }

  @Test
  void noDonorIsBelievedToRefuseForYears() {
    Refusals refusals = new Refusals();
    PeerId donor = new Donors(6, 1, Donors.limits()).everybody().getFirst();
    StateManifestMessage answer =
        StateManifestMessage.newBuilder()
            .setRefusal("\u001b[2Jhaha".repeat(50))
            .setRefusedMillis(-1)
            .build();
    assertThat(refusals.heard(donor, answer, Instant.EPOCH)).isTrue();
    Instant day = Instant.EPOCH.plus(Duration.ofHours(24));
    Barred barred = refusals.barred(List.of(donor), List.of(donor), Instant.EPOCH).orElseThrow();
    assertThat(barred.until()).isEqualTo(day);
    assertThat(barred.reason()).hasSize(160).doesNotContain("\u001b");
    assertThat(refusals.stands(donor, day)).isFalse();
    assertThat(refusals.heard(donor, StateManifestMessage.getDefaultInstance(), Instant.EPOCH))
        .isFalse();
    assertThat(refusals.stands(donor, Instant.EPOCH)).isFalse();
  }

  private static void askOn(Donors donors, SimulatedNetwork banned, Rpc rpc) {
    StateManifestRequest request =
        StateManifestRequest.newBuilder().setRun(Donors.RUN).setNewerThanEpoch(-1).build();
    for (PeerId donor : donors.everybody()) {
      var _ = rpc.call(donor, StateMethods.MANIFEST, request, Duration.ofSeconds(5));
    }
    var _ = banned.loop().schedule(Duration.ofMillis(100), () -> askOn(donors, banned, rpc));
  }

  private static Donors donors(long seed) {
    Donors donors = new Donors(seed, 3, Donors.limits());
    donors.offerAll(Donors.snapshot(7));
    return donors;
  }

  /** The first {@code number} donors ban everybody from now on. */
  private static void ban(Donors donors, int number) {
    Instant until = donors.simulation.clock().instant().plus(BAN);
    donors.bans =
        (donor, _) ->
            donor < number && donors.simulation.clock().instant().isBefore(until)
                ? Optional.of(new Ban("sent noise", until))
                : Optional.empty();
  }

  private static Optional<Ban> ban(Donors donors, boolean whether) {
    return whether
        ? Optional.of(new Ban("sent noise", donors.simulation.clock().instant().plus(BAN)))
        : Optional.empty();
  }

  private static StateClient client(Donors donors) {
    return new StateClient(
        donors.newcomer.loop(),
        donors.newcomerRpc,
        Donors.RUN,
        Donors.limits(),
        Notary.TRUSTING,
        donors.newcomer.random());
  }

  private static Optional<Barred> barred(Donors donors, StateClient client) {
    return client.barred(donors.everybody(), donors.everybody());
  }

  private static Optional<Snapshot> download(Donors donors, StateClient client) {
    return donors.await(begin(donors, client));
  }

  /** Empty in the end where nothing is given. */
  private static CompletableFuture<Optional<Snapshot>> begin(Donors donors, StateClient client) {
    CompletableFuture<Optional<Snapshot>> result = new CompletableFuture<>();
    donors
        .newcomer
        .loop()
        .execute(
            () -> {
              var _ =
                  client
                      .download(donors.everybody(), -1, Duration.ofMinutes(2))
                      .whenComplete(
                          (snapshot, _) -> result.complete(Optional.ofNullable(snapshot)));
            });
    return result;
  }
}
