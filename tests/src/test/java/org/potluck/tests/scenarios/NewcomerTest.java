package org.potluck.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.Note;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.simulate.Outcome;
import org.potluck.peer.simulate.Simulator;

/** Who comes late downloads the state and is in the very next round. */
class NewcomerTest {
  /** In these it comes after the first round. */
  private static final List<Long> SEEDS = List.of(2L, 3L);

  private static final Duration EPOCH = Duration.ofSeconds(60);

  /** Five homes of 4 samples a second, so an epoch takes a minute; the state takes seconds. */
  private static final String SCENARIO =
      """
      name: newcomer
      time: {faults: 7m, healing: 0s}
      run: {values: 2000000, target-batch: 1200, micro-batch: 8, round-limit: 50s}
      swarm:
        peers: 6
        classes:
          - {name: home, samples-per-second: 4, up-mbit: 20, down-mbit: 100, delay: 15ms}
          - {name: newcomer, share: 0.16, samples-per-second: 4, up-mbit: 20, down-mbit: 100,
             delay: 15ms, arrive-within: 6m}
      """;

  private static final String SLOW =
      """
      name: slow newcomer
      time: {faults: 10m, healing: 0s}
      run: {values: 10000000, target-batch: 1200, micro-batch: 8, round-limit: 50s}
      swarm:
        peers: 6
        classes:
          - {name: home, samples-per-second: 8, up-mbit: 40, down-mbit: 100, delay: 15ms}
          - {name: newcomer, share: 0.16, samples-per-second: 8, up-mbit: 40, down-mbit: 10,
             delay: 15ms, arrive-within: 3m}
      """;

  private final List<Note> story = new ArrayList<>();

  @Test
  void itIsInTheNextRoundOnceItHasTheBytes() throws IOException, ManifestException {
    for (long seed : SEEDS) {
      story.clear();
      Outcome outcome = Simulator.run(SCENARIO, seed, story::add);
      String context =
          "seed " + seed + "\n" + newcomers().map(Note::toString).collect(Collectors.joining("\n"));
      Note averaged = first("averaged", context);
      Note downloaded = first("downloaded", context);
      // Where the others took a step during the download, that follows.
      Note arrived =
          newcomers()
              .filter(note -> note.topic().equals("followed"))
              .reduce(downloaded, (_, later) -> later);
      String epoch = arrived.text().replaceAll("\\D", "");
      assertThat(averaged.text()).as(context).startsWith("epoch " + epoch + " with 6 peers");
      assertThat(averaged.at().minus(arrived.at())).as(context).isBetween(Duration.ZERO, EPOCH);
      assertThat(outcome.report().agreed()).as(context).isTrue();
    }
  }

  /**
   * A state takes it 41 seconds, an epoch 34, an average 24: with states alone it never comes to
   * where the others are.
   */
  @Test
  void whoTakesLongerForTheStateThanTheOthersForAnEpochFollowsThem()
      throws IOException, ManifestException {
    for (long seed : SEEDS) {
      story.clear();
      Outcome outcome = Simulator.run(SLOW, seed, story::add);
      String context =
          "seed " + seed + "\n" + newcomers().map(Note::toString).collect(Collectors.joining("\n"));
      long followed = newcomers().filter(note -> note.topic().equals("followed")).count();
      assertThat(followed).as(context).isPositive();
      assertThat(newcomers().filter(note -> note.topic().equals("downloaded")))
          .as(context)
          .hasSize(1);
      assertThat(first("averaged", context).text()).as(context).contains("with 6 peers");
      assertThat(outcome.report().agreed()).as(context).isTrue();
    }
  }

  private Note first(String topic, String context) {
    return newcomers()
        .filter(note -> note.topic().equals(topic))
        .findFirst()
        .orElseThrow(() -> new AssertionError(context));
  }

  private Stream<Note> newcomers() {
    return story.stream().filter(note -> note.peer().startsWith("newcomer"));
  }
}
