package org.potluck.network.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.potluck.network.Bandwidth;
import org.potluck.network.StreamEnd;
import org.potluck.network.simulation.Faults.Clocks;
import org.potluck.network.simulation.Faults.Crashes;
import org.potluck.network.simulation.Faults.Devices;
import org.potluck.network.simulation.Faults.Lies;
import org.potluck.network.simulation.Faults.Links;
import org.potluck.network.simulation.Faults.PartitionMode;
import org.potluck.network.simulation.Faults.Partitions;
import org.potluck.network.simulation.Faults.Stalls;

class FaultInjectorTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @Test
  void lossCostsTimeAndNoBytes() {
    Duration clean = transfer(Faults.none(), 2_000_000);
    Duration lossy = transfer(Faults.none().with(Links.NONE.withLoss(0.02)), 2_000_000);
    assertThat(lossy).isGreaterThan(clean.multipliedBy(2)).isLessThan(Duration.ofMinutes(2));
  }

  @Test
  void lossKeepsTheRateBelowWhatCongestionControlAllows() {
    // 1.22 * 1460 bytes / (32 ms * sqrt(0.01)) is 557 kB/s; a window more may be on its way.
    Simulation simulation = new Simulation(3);
    SimulatedNetwork one = simulation.addPeer(wide());
    SimulatedNetwork other = simulation.addPeer(wide());
    FaultInjector _ = start(simulation, Faults.none().with(Links.NONE.withLoss(0.01)));
    Tape tape = Tape.at(other);
    new Tape().open(simulation, one, other).write(Tape.bytes(20_000_000));
    simulation.runFor(Duration.ofSeconds(10));
    assertThat(tape.bytes.size()).isBetween(1_000_000, 5_570_000);
  }

  @Test
  void aPacketLostTooOftenIsTheEndOfItsConnection() {
    NetworkConditions usual = NetworkConditions.usual();
    Simulation simulation =
        new Simulation(
            4,
            new NetworkConditions(
                usual.segmentBytes(),
                usual.overheadBytes(),
                usual.windowBytes(),
                usual.highWaterBytes(),
                usual.setUpRoundTrips(),
                usual.crashDetection(),
                usual.silenceLimit(),
                usual.dialLimit(),
                2));
    SimulatedNetwork one = simulation.addPeer(PeerProfile.home());
    SimulatedNetwork other = simulation.addPeer(PeerProfile.home());
    Tape tape = Tape.at(other);
    Tape sender = new Tape();
    sender.open(simulation, one, other).write(Tape.bytes(5_000_000));
    FaultInjector _ = start(simulation, Faults.none().with(Links.NONE.withLoss(0.3)));
    simulation.runUntil(() -> sender.end != null && tape.end != null, LONG);
    assertThat(sender.end).isEqualTo(StreamEnd.CONNECTION_LOST);
    assertThat(tape.end).isEqualTo(StreamEnd.CONNECTION_LOST);
  }

  @Test
  void theDeadComeBackWithTheirDiskOrAsStrangers() {
    Simulation simulation = new Simulation(5);
    Map<String, List<String>> lives = new TreeMap<>();
    FaultInjector injector =
        FaultInjector.start(
            simulation,
            Faults.none()
                .with(new Crashes(Duration.ofSeconds(60), Duration.ofSeconds(10), 0.5, 0.5, 0.4)),
            reborn -> live(reborn, lives));
    for (int i = 0; i < 10; i++) {
      SimulatedNetwork peer = simulation.addPeer(PeerProfile.home());
      injector.expose(peer);
      live(peer, lives);
    }
    simulation.runFor(Duration.ofMinutes(10));
    injector.heal();
    List<String> all = lives.values().stream().flatMap(List::stream).toList();
    assertThat(all).contains("kept", "empty").hasSizeGreaterThan(30);
    long deaths = all.size();
    simulation.runFor(Duration.ofHours(1));
    assertThat(lives.values().stream().mapToLong(List::size).sum()).isEqualTo(deaths);
  }

  @Test
  void whoeverLeftIsBroughtBackByItsOwnerOnly() {
    Simulation simulation = new Simulation(12);
    Map<String, List<String>> lives = new TreeMap<>();
    FaultInjector injector =
        FaultInjector.start(
            simulation,
            Faults.none()
                .with(new Crashes(Duration.ofSeconds(60), Duration.ofSeconds(10), 0, 0.5, 1)),
            reborn -> live(reborn, lives));
    List<SimulatedNetwork> peers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      peers.add(simulation.addPeer(PeerProfile.home()));
      injector.expose(peers.getLast());
      live(peers.getLast(), lives);
    }
    simulation.runFor(Duration.ofMinutes(3));
    peers.forEach(injector::leaves);
    lives.clear();
    simulation.runFor(Duration.ofMinutes(10));
    injector.heal();
    simulation.runFor(Duration.ofMinutes(10));
    assertThat(lives).isEmpty();
    assertThat(peers).noneMatch(simulation::running);
    SimulatedNetwork back = injector.comesBack(peers.getFirst());
    assertThat(simulation.running(back)).isTrue();
    assertThat(back.disk().read("life")).isPresent();
  }

  @Test
  void whoeverCameBackByItselfCanDieAgain() {
    Simulation simulation = new Simulation(13);
    Map<String, List<String>> lives = new TreeMap<>();
    FaultInjector injector =
        FaultInjector.start(
            simulation,
            Faults.none()
                .with(new Crashes(Duration.ofSeconds(20), Duration.ofSeconds(30), 0, 0, 1)),
            reborn -> live(reborn, lives));
    SimulatedNetwork peer = simulation.addPeer(PeerProfile.home());
    injector.expose(peer);
    simulation.runUntil(() -> !peer.alive(), Duration.ofHours(1));
    injector.leaves(peer);
    SimulatedNetwork back = injector.comesBack(peer);
    simulation.runFor(Duration.ofHours(1));
    assertThat(back.alive()).isFalse();
    assertThat(lives.get(peer.name())).hasSizeGreaterThan(30);
  }

  @Test
  void healingEndsStallsAndNobodyLiesWhoComesAfterwards() {
    Simulation simulation = new Simulation(14);
    FaultInjector injector =
        start(
            simulation,
            Faults.none()
                .with(new Stalls(Duration.ofSeconds(5), Duration.ofHours(10)))
                .with(new Lies(1, 1, 1, -3)));
    SimulatedNetwork one = simulation.addPeer(PeerProfile.home());
    SimulatedNetwork other = simulation.addPeer(PeerProfile.home());
    injector.expose(one);
    injector.expose(other);
    simulation.runFor(Duration.ofMinutes(5));
    Tape tape = Tape.at(other);
    injector.heal();
    SimulatedNetwork late = simulation.addPeer(PeerProfile.home());
    injector.expose(late);
    assertThat(late.conduct()).isEqualTo(Conduct.HONEST);
    assertThat(late.host().liar).isNull();
    new Tape().open(simulation, one, other).write(Tape.bytes(2_000));
    simulation.runFor(Duration.ofSeconds(10));
    assertThat(tape.bytes.toByteArray()).isEqualTo(Tape.array(2_000));
  }

  @Test
  void eachModePartsAsItSays() {
    for (PartitionMode mode : PartitionMode.values()) {
      Simulation simulation = new Simulation(15);
      List<Note> notes = new ArrayList<>();
      simulation.onNote(notes::add);
      FaultInjector injector =
          start(
              simulation,
              Faults.none()
                  .with(
                      new Partitions(
                          mode,
                          0,
                          Duration.ofSeconds(20),
                          Duration.ofSeconds(5),
                          Duration.ofSeconds(1))));
      for (int i = 0; i < 6; i++) {
        injector.expose(simulation.addPeer(PeerProfile.home()));
      }
      simulation.runFor(Duration.ofMinutes(10));
      Set<Long> sides =
          notes.stream()
              .filter(note -> note.topic().equals("parted"))
              .map(note -> note.text().substring(0, note.text().indexOf(" and ")))
              .map(side -> side.chars().filter(each -> each == ',').count() + 1)
              .collect(Collectors.toSet());
      switch (mode) {
        case ISOLATE_ONE -> assertThat(sides).containsExactly(1L);
        case HALVES -> assertThat(sides).containsExactly(3L);
        case RANDOM_SIDES -> assertThat(sides).hasSizeGreaterThan(2);
      }
    }
  }

  @Test
  void noMoreAreDownThanAllowed() {
    Simulation simulation = new Simulation(6);
    FaultInjector injector =
        start(
            simulation,
            Faults.none()
                .with(new Crashes(Duration.ofSeconds(5), Duration.ofMinutes(10), 0, 0, 0.3)));
    List<SimulatedNetwork> peers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      peers.add(simulation.addPeer(PeerProfile.home()));
      injector.expose(peers.getLast());
    }
    simulation.runFor(Duration.ofMinutes(5));
    assertThat(peers.stream().filter(peer -> !peer.alive())).hasSize(3);
  }

  @Test
  void clocksAreWrongAndGoWrong() {
    Simulation simulation = new Simulation(7);
    FaultInjector injector =
        start(simulation, Faults.none().with(new Clocks(Duration.ofSeconds(5), 0.01)));
    SimulatedNetwork peer = simulation.addPeer(PeerProfile.home());
    injector.expose(peer);
    Duration skew = Duration.between(simulation.clock().instant(), peer.loop().now());
    simulation.runFor(Duration.ofHours(1));
    Duration later = Duration.between(simulation.clock().instant(), peer.loop().now());
    assertThat(skew.abs()).isPositive().isLessThanOrEqualTo(Duration.ofSeconds(5));
    assertThat(later.minus(skew).abs()).isPositive().isLessThanOrEqualTo(Duration.ofSeconds(36));
  }

  @Test
  void aLiarSpoilsWhatItWritesAndNotWhatOthersWrite() {
    Simulation simulation = new Simulation(8);
    FaultInjector injector = start(simulation, Faults.none().with(new Lies(1, 0.5, 0.5, -3)));
    SimulatedNetwork liar = simulation.addPeer(PeerProfile.home());
    SimulatedNetwork honest = simulation.addPeer(PeerProfile.home());
    injector.expose(liar);
    injector.exposeReliable(honest);
    assertThat(liar.conduct().contributionFactor()).isEqualTo(-3);
    assertThat(honest.conduct()).isEqualTo(Conduct.HONEST);
    Tape atLiar = Tape.at(liar);
    Tape atHonest = Tape.at(honest);
    Tape atSender = new Tape();
    atSender.open(simulation, liar, honest);
    for (int message = 0; message < 20; message++) {
      atSender.stream().write(Tape.bytes(100));
    }
    new Tape().open(simulation, honest, liar).write(Tape.bytes(2_000));
    simulation.runFor(Duration.ofSeconds(10));
    assertThat(atHonest.bytes.size()).isGreaterThan(2_000);
    assertThat(atHonest.bytes.toByteArray()).isNotEqualTo(Tape.array(2_000));
    assertThat(atLiar.bytes.toByteArray()).isEqualTo(Tape.array(2_000));
  }

  @Test
  void devicesAndLinksAreSlowerThanTheySay() {
    Simulation simulation = new Simulation(9);
    FaultInjector injector =
        start(
            simulation,
            Faults.none()
                .with(new Devices(1, 4))
                .with(
                    new Links(
                        Duration.ZERO,
                        Duration.ZERO,
                        Duration.ZERO,
                        0,
                        0.01,
                        0.01,
                        Duration.ofSeconds(5))));
    SimulatedNetwork peer = simulation.addPeer(PeerProfile.home());
    injector.expose(peer);
    assertThat(peer.conduct().slowdown()).isBetween(1.0, 4.0);
    Bandwidth up = PeerProfile.home().up();
    assertThat(peer.host().upBytesPerSecond()).isLessThan(up.bytesPerSecond());
    double before = peer.host().upBytesPerSecond();
    simulation.runFor(Duration.ofMinutes(1));
    assertThat(peer.host().upBytesPerSecond()).isNotEqualTo(before);
    injector.heal();
    assertThat(peer.host().upBytesPerSecond()).isEqualTo(up.bytesPerSecond());
  }

  @Test
  void partitionsComeAndGo() {
    Simulation simulation = new Simulation(10);
    List<Note> notes = new ArrayList<>();
    simulation.onNote(notes::add);
    Duration stability = Duration.ofSeconds(3);
    FaultInjector injector =
        start(
            simulation,
            Faults.none()
                .with(
                    new Partitions(
                        PartitionMode.HALVES,
                        0.5,
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(5),
                        stability)));
    for (int i = 0; i < 6; i++) {
      injector.expose(simulation.addPeer(PeerProfile.home()));
    }
    simulation.runFor(Duration.ofMinutes(10));
    List<Note> parted = notes.stream().filter(note -> note.topic().equals("parted")).toList();
    assertThat(parted).hasSizeBetween(10, 30);
    assertThat(parted).anyMatch(note -> note.text().contains("cannot be heard by"));
    for (int i = 1; i < notes.size(); i++) {
      assertThat(notes.get(i).at().minus(notes.get(i - 1).at())).isGreaterThanOrEqualTo(stability);
    }
  }

  @Test
  void aFailureTellsSeedCommitFaultsAndStory() {
    Simulation simulation = new Simulation(11);
    FaultInjector _ = start(simulation, Faults.drawn(simulation.random("faults")));
    SimulatedNetwork peer = simulation.addPeer("alice", PeerProfile.home());
    simulation.crash(peer);
    peer.note("round", "3 has begun");
    assertThatThrownBy(() -> simulation.check(() -> assertThat(peer.alive()).isTrue()))
        .isInstanceOf(SimulationException.class)
        .hasMessageContainingAll(
            "seed 11",
            "commit ",
            "lossShare=",
            "diskLostShare=",
            "its process ends",
            "3 has begun");
  }

  @Test
  void drawnFaultsSwitchWholeKindsOff() {
    int none = 0;
    int crashes = 0;
    for (long seed = 0; seed < 300; seed++) {
      Faults faults = Faults.drawn(new Simulation(seed).random("faults"));
      none += faults.lies().equals(Lies.NONE) ? 1 : 0;
      crashes += faults.crashes().equals(Crashes.NONE) ? 0 : 1;
    }
    assertThat(none).isBetween(110, 190);
    assertThat(crashes).isBetween(110, 190);
  }

  @Test
  void oneSeedIsOneTimelineInEveryVirtualMachine() throws IOException, InterruptedException {
    String hash = FaultySwarm.run(17);
    assertThat(FaultySwarm.run(17)).isEqualTo(hash);
    assertThat(FaultySwarm.run(18)).isNotEqualTo(hash);
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                FaultySwarm.class.getName(),
                "17")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String printed = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(other.waitFor()).isZero();
    assertThat(printed.strip()).isEqualTo(hash);
  }

  private static PeerProfile wide() {
    return PeerProfile.datacenter().withDelay(Duration.ofMillis(8), Duration.ZERO);
  }

  private static Duration transfer(Faults faults, int bytes) {
    Simulation simulation = new Simulation(2);
    SimulatedNetwork one = simulation.addPeer(PeerProfile.home());
    SimulatedNetwork other = simulation.addPeer(PeerProfile.home());
    Tape tape = Tape.at(other);
    FaultInjector _ = start(simulation, faults);
    new Tape().open(simulation, one, other).write(Tape.bytes(bytes));
    simulation.runUntil(() -> tape.bytes.size() == bytes, LONG);
    assertThat(tape.bytes.toByteArray()).isEqualTo(Tape.array(bytes));
    return simulation.elapsed();
  }

  private static FaultInjector start(Simulation simulation, Faults faults) {
    return FaultInjector.start(simulation, faults, reborn -> {});
  }

  private static void live(SimulatedNetwork peer, Map<String, List<String>> lives) {
    String found = peer.disk().read("life").isPresent() ? "kept" : "empty";
    lives.computeIfAbsent(peer.name(), absent -> new ArrayList<>()).add(found);
    peer.disk().write("life", new byte[] {1});
  }
}
