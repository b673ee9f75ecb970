package org.potluck.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.Note;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.simulate.Outcome;
import org.potluck.peer.simulate.Simulator;

/** Who is banned costs the others nothing, and comes back when its ban is over. */
class BannedPeersTest {
  private static final List<Long> SEEDS = List.of(1L, 2L);

  /** An epoch takes as long as a few downloads, as in a run at home. */
  private static final String SCENARIO =
      """
      name: banned
      time: {faults: 9m, healing: 0s}
      run: {values: 49152, target-batch: 160, micro-batch: 8, epochs: 120, round-limit: 20s}
      swarm:
        peers: %d
        classes:
          - {name: honest, samples-per-second: 25}
          - {name: liar, share: %s, samples-per-second: 25, attack: noise}
      """;

  /** One that multiplies what it computes by -3, and is as honest as the others after a minute. */
  private static final String REPENTANT =
      """
      name: repentant
      time: {faults: 60s, healing: 13m}
      run: {values: 49152, target-batch: 480, micro-batch: 8, round-limit: 20s}
      swarm:
        peers: 6
        classes:
          - {name: home, samples-per-second: 10}
      faults:
        lies: {liar-share: 0.2, contribution-factor: -3}
      """;

  @Test
  void threeOfTenThatAreBannedCostTheOthersNoMoreThanIfTheyWereNotThere()
      throws IOException, ManifestException {
    for (long seed : SEEDS) {
      Outcome alone = Simulator.run(SCENARIO.formatted(7, "0"), seed, note -> {});
      List<Note> story = new ArrayList<>();
      Outcome beside = Simulator.run(SCENARIO.formatted(10, "0.3"), seed, story::add);
      String context = "seed " + seed + "\n" + tell(story);
      assertThat(beside.report().epochs()).as(context).isEqualTo(120);
      assertThat(sent(beside) / sent(alone)).as("bytes, " + context).isLessThan(1.25);
      assertThat(beside.report().seconds() / alone.report().seconds())
          .as("time, " + context)
          .isLessThan(1.15);
      assertThat(story)
          .as(context)
          .filteredOn(note -> note.topic().equals("barred"))
          .extracting(Note::peer)
          .containsAnyOf("liar-7", "liar-8", "liar-9")
          .noneMatch(name -> name.startsWith("honest"));
    }
  }

  @Test
  void whoMendsItsWaysIsTakenBackWhenItsBanIsOver() throws IOException, ManifestException {
    int repentant = 0;
    for (long seed = 1; seed <= 3; seed++) {
      List<Note> story = new ArrayList<>();
      Outcome outcome = Simulator.run(REPENTANT, seed, story::add);
      String context = "seed " + seed + "\n" + tell(story);
      List<Note> barred = story.stream().filter(note -> note.topic().equals("barred")).toList();
      if (barred.isEmpty()) {
        continue; // With this seed nobody lies.
      }
      repentant++;
      String liar = barred.getFirst().peer();
      assertThat(barred.getFirst().text()).as(context).startsWith("banned by");
      Note back = first(story, liar, "downloaded", barred.getFirst().at(), context);
      Duration away = back.at().minus(barred.getFirst().at());
      assertThat(away).as(context).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(11));
      Note averaged = first(story, liar, "averaged", back.at(), context);
      assertThat(averaged.at().minus(back.at())).as(context).isLessThan(Duration.ofSeconds(30));
      assertThat(outcome.report().agreed()).as(context).isTrue();
    }
    assertThat(repentant).as("seeds with a liar").isPositive();
  }

  private static Note first(
      List<Note> story, String peer, String topic, Duration after, String context) {
    return story.stream()
        .filter(note -> note.peer().equals(peer) && note.topic().equals(topic))
        .filter(note -> note.at().compareTo(after) >= 0)
        .findFirst()
        .orElseThrow(() -> new AssertionError(topic + " by " + peer + ", " + context));
  }

  private static double sent(Outcome outcome) {
    return outcome.report().peers().stream()
        .filter(peer -> peer.name().startsWith("honest"))
        .mapToLong(PeerReport::bytesSent)
        .sum();
  }

  private static String tell(List<Note> story) {
    return story.stream()
        .filter(note -> !note.topic().equals("lie") && !note.topic().equals("averaged"))
        .map(Note::toString)
        .collect(Collectors.joining("\n"));
  }
}
