package org.potluck.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potluck.network.Multiaddr;
import org.potluck.network.simulation.Partition;
import org.potluck.network.simulation.SimulatedNetwork;

/** What a node does by itself: forgets the dead, finds what was parted, comes back. */
class UpkeepTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @Test
  void deadEntriesDoNotFillABootstrapNode() {
    Swarm swarm = Swarm.of(1, 51);
    List<Multiaddr> first = swarm.networks.getFirst().addresses();
    for (int i = 0; i < 60; i++) {
      swarm.await(swarm.add(swarm.profile).bootstrap(first));
    }
    assertThat(swarm.nodes.getFirst().contacts()).isGreaterThan(30);
    for (int i = 6; i <= 60; i++) {
      swarm.cutPower(i);
    }
    swarm.simulation.runFor(HOUR);
    assertThat(swarm.nodes.getFirst().contacts()).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(longs = {52, 53, 54})
  void twoSwarmsOfOneSetOfSeedsGrowTogetherOnceTheySeeEachOther(long seed) {
    Swarm swarm = new Swarm(seed, Duration.ofMillis(25));
    List<Multiaddr> seeds = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      swarm.add(swarm.profile);
      seeds.addAll(swarm.networks.get(i).addresses());
    }
    List<List<SimulatedNetwork>> halves = List.of(new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < 40; i++) {
      if (i >= 2) {
        swarm.add(swarm.profile);
      }
      halves.get(i % 2).add(swarm.networks.get(i));
    }
    Partition partition = swarm.simulation.part(halves.get(0), halves.get(1));
    for (int i = 0; i < 40; i++) {
      var joining = swarm.nodes.get(i).bootstrap(seeds);
      swarm.simulation.runUntil(joining::isDone, Duration.ofMinutes(1));
    }
    swarm.publish(10, "key", "left", HOUR);
    swarm.publish(11, "key", "right", HOUR);
    swarm.simulation.runFor(Duration.ofMinutes(20));
    assertThat(swarm.read(20, "key")).as("seed %s", seed).containsExactly("left");
    assertThat(swarm.read(21, "key")).as("seed %s", seed).containsExactly("right");
    partition.heal();
    swarm.simulation.runFor(Duration.ofMinutes(5));
    for (int i = 0; i < 40; i++) {
      assertThat(swarm.read(i, "key"))
          .as("node %s, seed %s", i, seed)
          .containsExactlyInAnyOrder("left", "right");
    }
  }

  @Test
  void aPeerThatLostEverybodyComesBackByTheAddressesItSaved() {
    Swarm swarm = Swarm.of(20, 55);
    Notes notes = new Notes();
    KademliaDht late = swarm.add(swarm.profile, notes);
    swarm.await(late.bootstrap(swarm.networks.getFirst().addresses()));
    swarm.simulation.runFor(Duration.ofMinutes(3));
    assertThat(notes.saved).hasSizeGreaterThan(10);
    swarm.kill(0);
    List<SimulatedNetwork> others = swarm.networks.subList(1, 20);
    Partition partition = swarm.simulation.part(List.of(swarm.networks.get(20)), others);
    swarm.simulation.runFor(HOUR.multipliedBy(2));
    assertThat(late.contacts()).isZero();
    partition.heal();
    swarm.simulation.runFor(Duration.ofMinutes(2));
    assertThat(late.contacts()).isGreaterThan(10);
    swarm.publish(3, "key", "value", HOUR);
    assertThat(swarm.read(20, "key")).containsExactly("value");
  }

  @Test
  void aPeerThatStartsAgainEntersByTheAddressesItSavedWhenItsSeedsAreGone() {
    Swarm swarm = Swarm.of(20, 56);
    Notes notes = new Notes();
    List<Multiaddr> seed = swarm.networks.getFirst().addresses();
    swarm.await(swarm.add(swarm.profile, notes).bootstrap(seed));
    swarm.simulation.runFor(Duration.ofMinutes(3));
    swarm.kill(20);
    swarm.kill(0);
    KademliaDht again = swarm.add(swarm.profile, notes);
    assertThat(swarm.await(again.bootstrap(seed))).isPositive();
    assertThat(again.contacts()).isGreaterThan(10);
  }

  @Test
  void whoNamesNobodyFindsBackThroughTheAddressesItSaved() {
    Swarm swarm = Swarm.of(20, 58);
    Notes notes = new Notes();
    List<Multiaddr> seed = swarm.networks.getFirst().addresses();
    swarm.await(swarm.add(swarm.profile, notes).bootstrap(seed));
    swarm.kill(20);
    KademliaDht again = swarm.add(swarm.profile, notes);
    assertThat(swarm.await(again.bootstrap(List.of()))).isZero();
    swarm.simulation.runFor(Duration.ofSeconds(5));
    assertThat(again.contacts()).isGreaterThan(10);
  }

  @Test
  void whoIsOutOfSightIsSavedBehindThoseWhoAreThere() {
    Swarm swarm = Swarm.of(3, 59);
    Multiaddr gone = Multiaddr.parse(swarm.networks.getLast().addresses().getFirst().toString());
    swarm.kill(2);
    Notes notes = new Notes();
    notes.save(List.of(gone));
    List<Multiaddr> seed = swarm.networks.getFirst().addresses();
    swarm.await(swarm.add(swarm.profile, notes).bootstrap(seed));
    assertThat(notes.load()).contains(seed.getFirst()).endsWith(gone);
  }

  @Test
  void savedAddressesSurviveInAFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("peers");
    Swarm swarm = Swarm.of(3, 57);
    List<Multiaddr> addresses =
        swarm.networks.stream().map(one -> one.addresses().getFirst()).toList();
    SavedPeersFile saved = SavedPeersFile.at(file);
    assertThat(saved.load()).isEmpty();
    saved.save(addresses);
    saved.flush();
    Files.writeString(file, Files.readString(file) + "nonsense\n");
    assertThat(SavedPeersFile.at(file).load()).isEqualTo(addresses);
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xc0, '\n'}, StandardOpenOption.APPEND);
    assertThat(SavedPeersFile.at(file).load()).as("after a crash").isEqualTo(addresses);
  }

  private static final class Notes implements SavedPeers {
    private List<Multiaddr> saved = List.of();

    @Override
    public List<Multiaddr> load() {
      return saved;
    }

    @Override
    public void save(List<Multiaddr> addresses) {
      saved = addresses;
    }
  }
}
