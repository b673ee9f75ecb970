package org.potluck.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.Note;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.simulate.Outcome;
import org.potluck.peer.simulate.Simulator;

/** Two swarms from one invitation find together, and who lost everybody comes back. */
class SplitBrainTest {
  private static final String SCENARIO =
      """
      name: split brain
      time: {faults: 6m, healing: 0s}
      run: {values: 2000, target-batch: 128, micro-batch: 8, round-limit: 20s}
      swarm:
        peers: 5
        classes: [{name: home, samples-per-second: 4, arrive-within: 5s}]
      split: {share: 0.4, from: 30s, until: 150s}
      """;

  private final List<Note> story = new ArrayList<>();

  @Test
  void twoSwarmsMergeOnceTheySeeEachOther() throws IOException, ManifestException {
    for (long seed = 1; seed <= 2; seed++) {
      story.clear();
      Outcome outcome = Simulator.run(SCENARIO, seed, story::add);
      String context = "seed " + seed + "\n" + tell();
      assertThat(story)
          .as(context)
          .anyMatch(note -> during(note, 60, 150) && note.text().contains("with 3 peers"))
          .anyMatch(note -> during(note, 60, 150) && note.text().contains("with 2 peers"))
          .anyMatch(note -> during(note, 150, 360) && note.text().contains("with 5 peers"));
      assertThat(outcome.report().agreed()).as(context).isTrue();
    }
  }

  @Test
  void whoeverLostEverybodyComesBackThroughItsAddressBook() throws IOException, ManifestException {
    Outcome outcome =
        Simulator.run(
            """
            name: the inviting peer is gone
            time: {faults: 5m, healing: 0s}
            run: {values: 2000, target-batch: 128, micro-batch: 8, round-limit: 20s}
            swarm:
              peers: 6
              first-stays: 60s
              classes:
                - {name: home, samples-per-second: 4}
                - {name: visitor, share: 0.34, samples-per-second: 4, stay: 70s, away: 20s}
            """,
            3,
            story::add);
    List<Note> returned =
        story.stream()
            .filter(note -> note.topic().equals("joined"))
            .filter(note -> note.at().compareTo(Duration.ofSeconds(60)) > 0)
            .toList();
    assertThat(returned).as(tell()).isNotEmpty().noneMatch(note -> note.text().contains(" 0 "));
    assertThat(outcome.report().epochs()).as(tell()).isGreaterThan(10);
  }

  private static boolean during(Note note, long fromSeconds, long toSeconds) {
    return note.topic().equals("averaged")
        && note.at().compareTo(Duration.ofSeconds(fromSeconds)) >= 0
        && note.at().compareTo(Duration.ofSeconds(toSeconds)) < 0;
  }

  private String tell() {
    StringBuilder text = new StringBuilder();
    story.forEach(note -> text.append(note).append(System.lineSeparator()));
    return text.toString();
  }
}
