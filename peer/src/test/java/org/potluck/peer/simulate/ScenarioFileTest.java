package org.potluck.peer.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.Faults;
import org.potluck.network.simulation.Faults.PartitionMode;
import org.potluck.peer.manifest.ManifestException;

class ScenarioFileTest {
  private static final String SMALL =
      """
      name: small
      swarm:
        peers: 10
        classes:
          - name: home
          - name: laptop
            share: 0.3
            delay: 250ms
            stay: 5m
      """;

  @Test
  void whatAFileDoesNotSayHasItsDefault() throws ManifestException {
    Scenario scenario = ScenarioFile.parse(SMALL, "small.yaml");
    assertThat(scenario.faults().lies()).isEqualTo(Faults.Lies.NONE);
    assertThat(scenario.run().codec()).isEqualTo("float16");
    Scenario.PeerClass laptop = scenario.swarm().classes().getLast();
    assertThat(laptop.delay()).isEqualTo(Duration.ofMillis(250));
    assertThat(laptop.stay()).isEqualTo(Duration.ofMinutes(5));
    assertThat(laptop.upMbit()).isEqualTo(20);
  }

  @Test
  void classesGetTheirSharesAndTheFirstTheRest() throws ManifestException {
    Scenario.Swarm swarm = ScenarioFile.parse(SMALL, "small.yaml").swarm();
    List<String> drawn =
        swarm.drawn(new SplittableRandom(1)).stream().map(Scenario.PeerClass::name).toList();
    assertThat(drawn).hasSize(10).startsWith("home");
    assertThat(drawn).filteredOn("laptop"::equals).hasSize(3);
  }

  @Test
  void aSettingThatNobodyKnowsIsAnErrorWithItsLine() {
    assertRefused(SMALL.replace("share:", "shere:"), "s.yaml:7: unknown setting 'shere'");
    assertRefused("name: a\ntime:\n  fault: 5m\n", "s.yaml:3: unknown setting 'fault'");
    assertRefused("faults:\n  links:\n    loss: 1\n", "s.yaml:3: unknown setting 'loss'");
  }

  @Test
  void aValueThatCannotBeIsAnErrorWithItsLine() {
    assertRefused(SMALL.replace("250ms", "soon"), "s.yaml:8: ", "'soon' is not a time");
    assertRefused(SMALL.replace("10", "ten"), "s.yaml:3: ", "swarm.peers");
    assertRefused(SMALL.replace("10", "0"), "s.yaml:3: ", "swarm.peers must be 1 to 100000");
    assertRefused(SMALL.replace("0.3", "3"), "s.yaml:", "share of class laptop");
    assertRefused("run: {codec: mp3}\n" + SMALL, "s.yaml:1: ", "run.codec must be");
    assertRefused("draw-faults: maybe\n" + SMALL, "s.yaml:1: 'draw-faults' must be true or false");
    assertRefused(SMALL.replace("10", "2.5"), "s.yaml:3: 'swarm.peers' must be a whole number");
    assertRefused(SMALL + "      attack: evil\n", "'swarm.classes.1.attack' must be one of none,");
    assertRefused("time:\n" + SMALL, "s.yaml:1: 'time' must be given");
    assertRefused("time: {faults: 9999d}\n" + SMALL, "'9999d' is not a time");
    assertRefused("time: {faults: 9999h}\n" + SMALL, "s.yaml:1: ", "at most a year");
    assertRefused(
        "faults:\n  links:\n    delay-min: 1s\n" + SMALL,
        "s.yaml:3: delay-mean is less than delay-min");
    assertRefused("name: a\n", "swarm.classes needs at least one class");
    assertRefused("name: [\n", "s.yaml:");
    assertRefused("", "s.yaml: ");
  }

  @Test
  void modesOfPartitionsAreWrittenLikeAllNames() throws ManifestException {
    for (PartitionMode mode : PartitionMode.values()) {
      String name = mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
      String text = SMALL + "faults: {partitions: {mode: " + name + "}}\n";
      assertThat(ScenarioFile.parse(text, "s.yaml").faults().partitions().mode()).isEqualTo(mode);
    }
    assertRefused(
        SMALL + "faults: {partitions: {mode: half}}\n",
        "s.yaml:10: 'faults.partitions.mode' must be one of isolate-one, halves, random-sides");
  }

  @Test
  void whatContradictsItselfIsRefused() {
    assertRefused(SMALL.replace("0.3", "1.3"), "share of class laptop must be between");
    assertRefused(
        SMALL + "    - {name: box, share: 0.8}\n", "s.yaml:3: the shares of swarm.classes");
    assertRefused(
        SMALL.replace("- name: home", "- {name: home, share: 0.5}"), "do not add up to 1", "home");
    assertRefused(SMALL.replace("laptop", "home"), "two of swarm.classes have the same name");
    assertRefused(
        SMALL.replace("- name: home", "- {name: home, reachable: false}"), "trainer, reachable");
    assertRefused(SMALL.replace("- name: home", "- {name: home, attack: noise}"), "without attack");
    assertRefused(SMALL.replace("- name: home", "- {name: home, role: auxiliary}"), "a trainer");
    assertRefused(
        SMALL.replace("- name: laptop", "- name: laptop\n      role: observer"), "only looks on");
    assertRefused(
        SMALL + "split: {share: 0.5, from: 1m, until: 1h}\n", "s.yaml:10: ", "within time.faults");
    assertRefused(
        SMALL + "draw-faults: true\nfaults: {devices: {slow-share: 1}}\n", "s.yaml:11: with draw-");
    assertRefused(SMALL + "name: again\n", "s.yaml:10: 'name' is set a second time");
    assertRefused(SMALL + "---\nname: b\n", "s.yaml:11: here a second document begins");
    assertRefused("swarm: {classes: {name: a}}\n", "s.yaml:1: 'swarm.classes' is a list");
    assertRefused("swarm: [1]\n", "s.yaml:1: 'swarm' is no list");
    assertRefused("name: {a: 1}\n", "s.yaml:1: 'name' is one value");
    assertRefused("name: a\nswarm:\n\tpeers: 2\n", "s.yaml:3: ", "(TAB)");
  }

  @Test
  void textsOfTheirOwnWantAModelThatReadsAndNoAudits() throws ManifestException {
    String mixed = SMALL + "      text: code\n";
    String reads = "run: {training: tiny-gpt}\n" + mixed;
    assertThat(ScenarioFile.parse(reads, "s.yaml").swarm().classes())
        .extracting(Scenario.PeerClass::text)
        .containsExactly("words", "code");
    assertRefused(mixed, "run.training must be tiny-gpt where peers have texts of their own");
    assertRefused(SMALL + "      own-part: true\n", "run.training must be tiny-gpt");
    assertRefused(
        reads.replace("tiny-gpt", "tiny-gpt, audits: 3"), "s.yaml:1: run.audits must be 0 where");
    assertRefused(
        reads.replace("text: code", "text: verse"),
        "text of class laptop must be words, code, numbers or the path",
        "verse");
  }

  @Test
  void theScenariosOfTheHandbookCanBeRead() throws IOException, ManifestException {
    Path folder = Path.of("..", "docs", "scenarios");
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all = files.sorted().toList();
      assertThat(all).hasSizeGreaterThanOrEqualTo(4);
      for (Path file : all) {
        assertThat(ScenarioFile.read(file).swarm().peers()).isPositive();
      }
    }
  }

  private static void assertRefused(String text, String... parts) {
    assertThatThrownBy(() -> ScenarioFile.parse(text, "s.yaml"))
        .isInstanceOf(ManifestException.class)
        .hasMessageContainingAll(parts);
  }
}
