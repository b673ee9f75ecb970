package org.potluck.peer.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.Note;
import org.potluck.peer.manifest.ManifestException;

/** What a scenario promises beside training: one timeline for a seed, sessions, disks. */
final class ScenarioRunTest {
  private static final String DRAWN =
      """
      name: drawn
      time: {faults: 60s, healing: 30s}
      run: {values: 2000, target-batch: 64, micro-batch: 8, round-limit: 20s}
      swarm:
        peers: 4
        classes: [{name: home, samples-per-second: 4, arrive-within: 5s}]
      draw-faults: true
      """;

  private final List<Note> story = new ArrayList<>();

  /** Prints the hash for a seed, for a comparison between virtual machines. */
  public static void main(String[] arguments) throws ManifestException, IOException {
    System.out.println(hash(Long.parseLong(arguments[0])));
  }

  private static String hash(long seed) throws ManifestException, IOException {
    return Long.toHexString(Simulator.run(DRAWN, seed, note -> {}).timelineHash());
  }

  @Test
  void oneSeedIsOneTimelineInEveryVirtualMachine() throws Exception {
    String hash = hash(4);
    assertThat(hash(4)).isEqualTo(hash);
    assertThat(hash(5)).isNotEqualTo(hash);
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                ScenarioRunTest.class.getName(),
                "4")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String printed = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(other.waitFor()).isZero();
    assertThat(printed.strip()).isEqualTo(hash);
  }

  @Test
  void whoComesAndGoesGoesOnSoWhateverBefallsIt() throws Exception {
    run(
        """
        name: visitors
        time: {faults: 10m, healing: 0s}
        run: {values: 100, target-batch: 2000, micro-batch: 8, round-limit: 20s}
        swarm:
          peers: 3
          classes:
            - {name: home, samples-per-second: 4}
            - {name: visitor, share: 0.34, samples-per-second: 4, stay: 40s, away: 20s}
        faults:
          crashes: {every: 20s, away-mean: 5s, down-at-most-share: 1}
        """);
    List<Note> left = told("left");
    assertThat(left).as(tell()).hasSizeBetween(5, 20);
    assertThat(left.getLast().at()).as(tell()).isGreaterThan(Duration.ofMinutes(7));
    assertThat(told("died").stream().filter(note -> note.peer().startsWith("visitor")))
        .as("crashes on top of sessions")
        .hasSizeGreaterThan(left.size() + 2);
  }

  @Test
  void whoLeftForGoodIsNotHealed() throws Exception {
    run(
        """
        name: guests
        time: {faults: 60s, healing: 60s}
        run: {values: 100, target-batch: 2000, micro-batch: 8, round-limit: 20s}
        swarm:
          peers: 4
          classes:
            - {name: home, samples-per-second: 4}
            - {name: guest, share: 0.5, samples-per-second: 4, stay: 10s}
        """);
    assertThat(told("left")).as(tell()).hasSize(2);
    assertThat(told("restarted")).as(tell()).isEmpty();
  }

  @Test
  void whoKeptItsDiskGoesOnFromItsCheckpointAndWhoLostItDoesNot() throws Exception {
    run(crashing(0));
    assertThat(told("resumed")).as(tell()).hasSameSizeAs(told("restarted")).hasSizeGreaterThan(2);
    story.clear();
    run(crashing(1));
    assertThat(told("restarted")).as(tell()).hasSizeGreaterThan(2);
    assertThat(told("resumed")).as(tell()).isEmpty();
  }

  /** Nobody dies before the first checkpoint is written. */
  private static String crashing(int diskLostShare) {
    return """
    name: disks
    time: {faults: 30m, healing: 0s}
    run: {values: 100, target-batch: 400, micro-batch: 8, round-limit: 20s}
    swarm:
      peers: 3
      classes: [{name: home, samples-per-second: 4}]
    faults:
      crashes: {every: 15m, away-mean: 10s, disk-lost-share: %d, down-at-most-share: 1}
    """
        .formatted(diskLostShare);
  }

  /** Each text is learned only because somebody has it: all hold the model that all have made. */
  @Test
  void aModelIsMeasuredOnWhatEachHonestPeerReads() throws Exception {
    Outcome outcome = Simulator.run(reading("code", false), 2, story::add);
    assertThat(outcome.heldOut())
        .extracting(Outcome.HeldOut::text, Outcome.HeldOut::peers)
        .containsExactlyInAnyOrder(tuple("words", 2), tuple("code", 1));
    for (Outcome.HeldOut each : outcome.heldOut()) {
      assertThat(each.loss()).as(each.text()).isBetween(0.5, 5.0);
    }
    Outcome alike = Simulator.run(reading("words", false), 2, note -> {});
    assertThat(alike.heldOut()).extracting(Outcome.HeldOut::text).containsExactly("words");
    assertThat(alike.heldOutLoss()).isLessThan(outcome.heldOutLoss());
  }

  @Test
  void partsOfATextAreOnesOwn() throws Exception {
    Outcome outcome = Simulator.run(reading("numbers", true), 2, note -> {});
    assertThat(outcome.heldOut()).extracting(Outcome.HeldOut::text).hasSize(2);
    assertThat(outcome.heldOut().getLast().text()).matches("numbers, part [23] of 3");
  }

  private static String reading(String text, boolean ownPart) {
    return """
    name: reading
    time: {faults: 10m, healing: 0s}
    run: {training: tiny-gpt, target-batch: 24, micro-batch: 4, epochs: 12, round-limit: 20s}
    swarm:
      peers: 3
      classes:
        - {name: prose, samples-per-second: 4}
        - {name: other, share: 0.34, samples-per-second: 4, text: %s, own-part: %s}
    """
        .formatted(text, ownPart);
  }

  private void run(String scenario) throws ManifestException, IOException {
    Outcome _ = Simulator.run(scenario, 2, story::add);
  }

  private List<Note> told(String topic) {
    return story.stream().filter(note -> note.topic().equals(topic)).toList();
  }

  private String tell() {
    StringBuilder text = new StringBuilder();
    story.forEach(note -> text.append(note).append(System.lineSeparator()));
    return text.toString();
  }
}
