package org.potluck.averaging.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.Role;
import org.potluck.averaging.SharedDht;
import org.potluck.averaging.proto.ProgressWord;
import org.potluck.dht.Dht;
import org.potluck.network.rpc.Rpc;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.SimulatedNetwork;
import org.potluck.network.simulation.Simulation;

class SwarmProgressTest {
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Outlook.Target TARGET = new Outlook.Target(64, 4);

  private final SharedDht dht = new SharedDht();
  private final List<Peer> peers = new ArrayList<>();
  private Simulation simulation = new Simulation(0);

  @Test
  void peersThatBeginTogetherFindEachOtherAtOnce() {
    for (int seed = 0; seed < 20; seed++) {
      swarm(seed, 5);
      for (Peer peer : peers) {
        assertThat(peer.progress.others()).as("seed %d", seed).hasSize(4);
      }
    }
  }

  @Test
  void newsReachEverybodyWithinARoundTrip() {
    for (int seed = 0; seed < 20; seed++) {
      swarm(seed, 4);
      peers.getFirst().say(0, 12);
      simulation.runFor(Duration.ofMillis(200));
      for (Peer peer : peers.subList(1, 4)) {
        assertThat(peer.of(peers.getFirst()).samples()).as("seed %d", seed).isEqualTo(12);
      }
    }
  }

  @Test
  void ofManyWordsTheLastOneArrives() {
    swarm(1, 2);
    for (int samples = 1; samples <= 50; samples++) {
      peers.get(0).say(0, samples);
    }
    simulation.runFor(SOON);
    assertThat(peers.get(1).of(peers.get(0)).samples()).isEqualTo(50);
  }

  @Test
  void inALargeSwarmCountsOfSamplesWaitForTheirTurnAndNewsDoNot() {
    int count = 60;
    int seconds = 4;
    swarm(9, count);
    int[] heard = {0};
    peers.getFirst().progress.listen(() -> heard[0]++);
    for (int step = 1; step <= seconds * 40; step++) {
      for (Peer peer : peers) {
        peer.say(0, step);
      }
      simulation.runFor(Duration.ofMillis(25));
    }
    // A peer sends so many words, and gets as many; each may bring an answer with news.
    assertThat(heard[0]).isBetween(count * seconds, 2 * Cadence.WORDS_PER_SECOND * seconds);
    peers.get(1).say(1, 0);
    simulation.runFor(Duration.ofMillis(200));
    assertThat(peers.getFirst().of(peers.get(1)).epoch()).isEqualTo(1);
    simulation.runFor(Cadence.every(count).multipliedBy(2));
    for (Peer peer : peers.subList(2, count)) {
      assertThat(peers.getFirst().of(peer).samples()).isEqualTo(seconds * 40L);
    }
  }

  @Test
  void nodesOfTheRunKeepNothingButWordsUnderItsKey() {
    swarm(14, 2);
    Dht notebook = dht.of(peers.getFirst().network);
    Instant later = simulation.clock().instant().plus(Duration.ofMinutes(1));
    byte[] nonsense = "no word of anybody".getBytes(StandardCharsets.UTF_8);
    byte[] impossible = ProgressWord.newBuilder().setEpoch(-1).build().toByteArray();
    byte[] word = peers.getFirst().word(1, 0, false).toMessage().toByteArray();
    for (byte[] value : List.of(nonsense, impossible)) {
      assertThat(simulation.await(notebook.publish("run-14.progress", value, later), SOON))
          .isZero();
    }
    assertThat(simulation.await(notebook.publish("run-14.progress", word, later), SOON)).isOne();
  }

  @Test
  void oldWordsSaidAgainChangeNothing() {
    swarm(2, 2);
    PeerProgress old = peers.get(0).word(3, 10, false);
    PeerProgress newer = peers.get(0).word(4, 2, false);
    peers.get(0).say(newer);
    simulation.runFor(SOON);
    peers.get(0).say(old);
    simulation.runFor(SOON);
    assertThat(peers.get(1).progress.others()).extracting(PeerProgress::epoch).containsExactly(4L);
  }

  @Test
  void whoIsAStepAheadOfTheOthersIsStillSeenByThoseWhoLookOn() {
    swarm(15, 4);
    for (Peer peer : peers.subList(1, 3)) {
      peer.say(7, 0);
    }
    simulation.runFor(Duration.ofMillis(200));
    peers.get(3).say(8, 0);
    simulation.runFor(Duration.ofMillis(200));
    SwarmProgress onlooker = peers.getFirst().progress;
    assertThat(onlooker.participants()).as("believed by one that has done nothing").hasSize(2);
    assertThat(onlooker.present()).extracting(PeerProgress::epoch).containsExactly(8L, 7L, 7L);
  }

  /** One that computes nothing cannot tell who of few is right, so few do not lead it anywhere. */
  @Test
  void whoComputesNothingBelievesMostOrTheOnlyOne() {
    for (int claiming = 1; claiming <= 3; claiming++) {
      swarm(16 + claiming, 4);
      Peer lender = peers.getFirst();
      lender.role = Role.AUXILIARY;
      peers.forEach(peer -> peer.say(5, 0));
      simulation.runFor(SOON);
      for (Peer peer : peers.subList(1, 1 + claiming)) {
        peer.say(1000, 0);
      }
      simulation.runFor(SOON);
      boolean most = claiming >= 2;
      assertThat(lender.outlook(5).epoch()).as("%d of 3", claiming).isEqualTo(most ? 1000 : 5);
      assertThat(lender.progress.overtaken()).as("%d of 3", claiming).isEqualTo(most);
    }
    swarm(20, 2);
    Peer lender = peers.getFirst();
    lender.role = Role.AUXILIARY;
    lender.say(5, 0);
    peers.getLast().say(9, 0);
    simulation.runFor(SOON);
    assertThat(lender.outlook(5).epoch()).as("of the only one").isEqualTo(9);
  }

  @Test
  void receiversAndOnlookersHaveNoSay() {
    swarm(21, 4);
    peers.get(0).role = Role.RECEIVER;
    peers.get(1).role = Role.OBSERVER;
    peers.get(0).say(1000, 0);
    peers.get(1).say(1000, 0);
    peers.get(2).say(5, 0);
    peers.get(3).say(5, 0);
    simulation.runFor(SOON);
    SwarmProgress trainer = peers.get(3).progress;
    assertThat(trainer.participants()).extracting(PeerProgress::epoch).containsExactly(5L);
    assertThat(trainer.contenders()).hasSize(1);
    assertThat(trainer.overtaken()).isFalse();
    assertThat(trainer.present()).as("hold the model").hasSize(2);
  }

  @Test
  void whoLeavesIsGoneAtOnceAndItsLastEpochKnown() {
    swarm(3, 3);
    Peer leaver = peers.getFirst();
    leaver.say(leaver.word(7, 0, true));
    simulation.runFor(Duration.ofMillis(200));
    simulation.crash(leaver.network);
    simulation.runFor(SOON);
    for (Peer peer : peers.subList(1, 3)) {
      assertThat(peer.progress.others()).hasSize(1);
      assertThat(peer.progress.lastEpoch()).isEqualTo(7);
    }
  }

  @Test
  void whoseConnectionIsLostIsGone() {
    swarm(4, 3);
    simulation.crash(peers.getFirst().network);
    simulation.runFor(SOON);
    assertThat(peers.get(1).progress.others()).hasSize(1);
  }

  @Test
  void whoIsSilentIsGoneAfterTenSeconds() {
    swarm(5, 3);
    Peer silent = peers.getFirst();
    silent.network.loop().execute(silent.progress::stop);
    simulation.cutPower(silent.network);
    simulation.runFor(Duration.ofSeconds(8));
    assertThat(peers.get(1).progress.others()).hasSize(2);
    simulation.runFor(Duration.ofSeconds(4));
    assertThat(peers.get(1).progress.others()).hasSize(1);
  }

  @Test
  void oneWhoClaimsToBeFarAheadIsNotFollowed() {
    for (int seed = 0; seed < 10; seed++) {
      swarm(seed, 4);
      peers.forEach(peer -> peer.say(5, 8));
      Peer liar = peers.get(seed % 4);
      liar.say(1_000_000, 8);
      simulation.runFor(SOON);
      for (Peer peer : peers) {
        if (peer != liar) {
          assertThat(peer.outlook(5).epoch()).as("seed %d", seed).isEqualTo(5);
          assertThat(peer.outlook(5).samples()).as("seed %d", seed).isEqualTo(16);
        }
      }
    }
  }

  @Test
  void whatMostSayIsBelievedAtOnce() {
    swarm(6, 4);
    peers.forEach(peer -> peer.say(5, 8));
    simulation.runFor(SOON);
    peers.subList(1, 4).forEach(peer -> peer.say(6, 0));
    simulation.runFor(Duration.ofMillis(200));
    assertThat(peers.getFirst().outlook(5).epoch()).isEqualTo(6);
  }

  @Test
  void aMinorityAheadIsTriedAfterAWhileAndDoubtedWhenItCannotShowIt() {
    swarm(7, 5);
    peers.subList(0, 3).forEach(peer -> peer.say(5, 8));
    peers.subList(3, 5).forEach(peer -> peer.say(900, 8));
    simulation.runFor(SOON);
    Peer honest = peers.getFirst();
    assertThat(honest.outlook(5).epoch()).isEqualTo(5);
    simulation.runFor(Duration.ofSeconds(4));
    assertThat(honest.outlook(5).epoch()).isEqualTo(900);
    for (long doubtedSeconds : new long[] {10, 20, 40}) {
      honest
          .network
          .loop()
          .execute(
              () ->
                  honest.progress.doubt(
                      peers.subList(3, 5).stream().map(peer -> peer.network.self()).toList()));
      simulation.runFor(Duration.ofSeconds(doubtedSeconds - 1));
      assertThat(honest.outlook(5).epoch()).isEqualTo(5);
      simulation.runFor(Duration.ofSeconds(2));
      assertThat(honest.outlook(5).epoch()).isEqualTo(900);
    }
  }

  @Test
  void aNewcomerBelievesTheOnlyPeerThereIs() {
    swarm(8, 2);
    peers.get(1).say(40, 0);
    simulation.runFor(Duration.ofMillis(200));
    assertThat(peers.get(0).outlook(0).epoch()).isEqualTo(40);
  }

  private void swarm(int seed, int count) {
    simulation =
        new Simulation(
            seed, NetworkConditions.usual().withDetection(Duration.ZERO, Duration.ofSeconds(30)));
    peers.clear();
    for (int i = 0; i < count; i++) {
      peers.add(new Peer(simulation.addPeer(PeerProfile.home()), "run-" + seed));
    }
    peers.forEach(peer -> peer.say(0, 0));
    simulation.runFor(SOON);
  }

  private final class Peer {
    final SimulatedNetwork network;
    final SwarmProgress progress;
    Role role = Role.TRAINER;
    private long sequence;

    Peer(SimulatedNetwork network, String run) {
      this.network = network;
      progress =
          new SwarmProgress(network, new Rpc(network, network.random()), dht.of(network), run);
    }

    void say(long epoch, long samples) {
      say(word(epoch, samples, false));
    }

    void say(PeerProgress word) {
      network.loop().execute(() -> progress.say(word));
    }

    PeerProgress of(Peer other) {
      return progress.others().stream()
          .filter(word -> word.peer().equals(other.network.self()))
          .findFirst()
          .orElseThrow();
    }

    Outlook outlook(long epoch) {
      return Outlook.of(
          word(epoch, 0, false),
          progress.heardParticipants(),
          TARGET,
          simulation.clock().instant());
    }

    PeerProgress word(long epoch, long samples, boolean leaving) {
      return new PeerProgress(
          network.self(),
          ++sequence,
          "a peer",
          role,
          "cpu",
          epoch,
          samples,
          samples,
          10,
          1000,
          Double.NaN,
          "",
          PeerProgress.TRAINING,
          network.addresses(),
          0,
          0,
          leaving,
          leaving ? epoch : 0,
          List.of());
    }
  }
}
