package org.potluck.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.Note;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.simulate.Outcome;
import org.potluck.peer.simulate.Simulator;

/** One peer that claims to be a thousand epochs ahead, and gives a state of its own making. */
class UsurperTest {
  private static final int EPOCHS = 40;
  private static final List<Long> SEEDS = List.of(1L, 2L);

  @Test
  void nobodyFollowsIt() throws IOException, ManifestException {
    for (long seed : SEEDS) {
      // Some come when it claims to be ahead already.
      for (String arriveWithin : List.of("0s", "60s")) {
        double clean = outcome(arriveWithin, "none", seed, new ArrayList<>()).heldOutLoss();
        List<Note> story = new ArrayList<>();
        Outcome outcome = outcome(arriveWithin, "usurp", seed, story);
        String context =
            "seed %d, arriving within %s%n%s"
                .formatted(
                    seed,
                    arriveWithin,
                    story.stream()
                        .filter(note -> note.peer().startsWith("honest"))
                        .filter(note -> !note.topic().equals("averaged"))
                        .map(Note::toString)
                        .collect(Collectors.joining("\n")));
        assertThat(story)
            .as(context)
            .noneMatch(
                note ->
                    note.peer().startsWith("honest")
                        && note.topic().equals("downloaded")
                        && note.text().matches(".*epoch 1\\d{3}"));
        assertThat(story).as(context).anyMatch(note -> note.topic().equals("turned down"));
        assertThat(outcome.report().peers())
            .filteredOn(peer -> peer.name().startsWith("honest"))
            .as(context)
            .allMatch(peer -> peer.epoch() == EPOCHS);
        // Five bring as many samples to an epoch as six, so nothing is lost but time.
        assertThat(outcome.heldOutLoss()).as(context).isLessThan(1.2 * clean);
      }
    }
  }

  /**
   * It gives its state by the drop: each honest peer gets a few kilobytes a second, enough for none
   * to call it stalled. What few claim to have is not waited for so long.
   */
  @Test
  void nobodyWaitsForOneThatGivesItsStateByTheDrop() throws IOException, ManifestException {
    for (long seed : SEEDS) {
      List<Note> story = new ArrayList<>();
      Outcome outcome = Simulator.run(DRIPPING, seed, story::add);
      String context =
          story.stream()
              .filter(note -> !note.topic().equals("averaged"))
              .map(Note::toString)
              .collect(Collectors.joining("\n"));
      assertThat(outcome.report().peers())
          .filteredOn(peer -> peer.name().startsWith("honest"))
          .as("seed %d%n%s", seed, context)
          .allMatch(peer -> peer.epoch() == EPOCHS);
      assertThat(outcome.report().seconds()).as(context).isLessThan(400);
    }
  }

  private static final String DRIPPING =
      """
      name: dripping usurper
      time: {faults: 15m, healing: 0s}
      run: {values: 49152, target-batch: 160, micro-batch: 8, epochs: 40, round-limit: 20s}
      swarm:
        peers: 6
        classes:
          - {name: honest, samples-per-second: 25}
          - {name: usurper, share: 0.17, samples-per-second: 25, attack: usurp, up-mbit: 0.06}
      """;

  private static Outcome outcome(String arriveWithin, String attack, long seed, List<Note> story)
      throws IOException, ManifestException {
    return Simulator.run(
        """
        name: usurper
        time: {faults: 15m, healing: 0s}
        run: {values: 49152, target-batch: 160, micro-batch: 8, epochs: 40, round-limit: 20s}
        swarm:
          peers: 6
          classes:
            - {name: honest, samples-per-second: 25, arrive-within: %s}
            - {name: usurper, share: 0.17, samples-per-second: 25, attack: %s}
        """
            .formatted(arriveWithin, attack),
        seed,
        story::add);
  }
}
