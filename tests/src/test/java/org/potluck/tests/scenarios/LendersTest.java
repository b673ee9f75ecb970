package org.potluck.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.Note;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.simulate.Outcome;
import org.potluck.peer.simulate.Simulator;

/** Who computes nothing and lends a link makes rounds shorter, and keeps the model alive. */
class LendersTest {
  private static final List<Long> SEEDS = List.of(1L, 2L);

  private static final String HOMES =
      "{name: home, samples-per-second: 10, up-mbit: 20, down-mbit: 200, delay: 15ms}";

  private static final String LENDERS =
      "{name: lender, role: auxiliary, share: %s, up-mbit: 1000, down-mbit: 1000, delay: 5ms}";

  private static final String KEEPER =
      "{name: keeper, role: receiver, share: 0.15, up-mbit: 5, down-mbit: 50, reachable: false}";

  private final List<Note> story = new ArrayList<>();

  private static String scenario(int peers, String... classes) {
    return """
    name: lenders
    time: {faults: 10m, healing: 0s}
    run: {values: 5000000, target-batch: 1200, micro-batch: 8, epochs: 6, round-limit: 50s}
    swarm: {peers: %d, classes: [%s]}
    """
        .formatted(peers, String.join(", ", classes));
  }

  /** Four homes send 7.5 MB each at 20 Mbit/s, 3 s; to two lenders alone it is 10 MB less. */
  @Test
  void roundsAreShorterWithThem() throws IOException, ManifestException {
    for (long seed : SEEDS) {
      Simulator.run(scenario(4, HOMES), seed, story::add);
      double alone = meanMillis();
      story.clear();
      Outcome outcome =
          Simulator.run(scenario(7, HOMES, LENDERS.formatted("0.28"), KEEPER), seed, story::add);
      String context = context(seed);
      assertThat(meanMillis()).as(context).isLessThan(0.75 * alone);
      List<PeerReport> peers = outcome.report().peers();
      assertThat(peers).as(context).allMatch(peer -> peer.epoch() == 6);
      assertThat(outcome.report().agreed()).as(context).isTrue();
      assertThat(peers)
          .filteredOn(peer -> peer.name().startsWith("lender"))
          .as(context)
          .hasSize(2)
          .allMatch(peer -> peer.samples() == 0 && peer.roundsAveraged() >= 5);
      assertThat(peers)
          .filteredOn(peer -> peer.name().startsWith("keeper"))
          .as(context)
          .hasSize(1)
          .allMatch(peer -> peer.roundsAveraged() == 0);
      story.clear();
    }
  }

  /** All who train leave; who comes then goes on from where they were. */
  @Test
  void theyKeepTheModelWhenAllWhoTrainHaveLeft() throws IOException, ManifestException {
    String visitors =
        "{name: visitor, share: 0.4, samples-per-second: 40, stay: 60s, arrive-within: 1s}";
    String late = "{name: late, share: 0.2, samples-per-second: 40, arrive-within: 9m}";
    for (long seed : SEEDS) {
      String swarm =
          scenario(
                  5,
                  "{name: first, samples-per-second: 40}",
                  visitors,
                  late,
                  LENDERS.formatted("0.2"))
              .replace("epochs: 6", "epochs: 0")
              .replace("swarm: {", "swarm: {first-stays: 100s, ");
      Outcome outcome = Simulator.run(swarm, seed, story::add);
      String context = context(seed);
      assertThat(
              story.stream()
                  .filter(note -> note.peer().startsWith("late"))
                  .filter(note -> note.topic().equals("downloaded")))
          .as(context)
          .hasSize(1);
      Duration arrived = first("late", "downloaded").at();
      assertThat(
              story.stream()
                  .filter(note -> note.topic().equals("averaged"))
                  .filter(note -> note.at().compareTo(arrived) > 0)
                  .filter(note -> note.peer().startsWith("late")))
          .as(context)
          .isNotEmpty();
      assertThat(outcome.report().epochs()).as(context).isGreaterThan(6);
      story.clear();
    }
  }

  private Note first(String peer, String topic) {
    return story.stream()
        .filter(note -> note.peer().startsWith(peer) && note.topic().equals(topic))
        .findFirst()
        .orElseThrow();
  }

  /** Of the rounds of homes, without the first, for which nothing has been measured. */
  private double meanMillis() {
    Pattern millis = Pattern.compile("in (\\d+) ms");
    return story.stream()
        .filter(note -> note.topic().equals("averaged") && note.peer().startsWith("home"))
        .filter(note -> !note.text().startsWith("epoch 0 "))
        .map(Note::text)
        .map(millis::matcher)
        .filter(Matcher::find)
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .average()
        .orElseThrow();
  }

  private String context(long seed) {
    return "seed "
        + seed
        + "\n"
        + story.stream().map(Note::toString).collect(Collectors.joining("\n"));
  }
}
