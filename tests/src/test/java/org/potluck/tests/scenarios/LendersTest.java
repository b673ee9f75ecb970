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
    time: {faults: 20m, healing: 0s}
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

  /**
   * The one that the invitation names is gone for good, and the only other that trains comes and
   * goes and has saved nothing: whenever it is away, the model is the lender's alone.
   */
  @Test
  void theyKeepTheModelWhileNobodyTrains() throws IOException, ManifestException {
    String visitor = "{name: visitor, share: 0.34, samples-per-second: 60, stay: 2m, away: 30s}";
    for (long seed : SEEDS) {
      String swarm =
          scenario(3, "{name: first, samples-per-second: 60}", visitor, LENDERS.formatted("0.34"))
              .replace("epochs: 6", "epochs: 0")
              .replace("swarm: {", "swarm: {first-stays: 3m, ");
      Outcome outcome = Simulator.run(swarm, seed, story::add);
      String context = context(seed);
      List<Note> back =
          story.stream()
              .filter(note -> note.peer().startsWith("visitor"))
              .filter(note -> note.at().compareTo(Duration.ofMinutes(3)) > 0)
              .filter(note -> note.topic().equals("downloaded"))
              .toList();
      assertThat(back).as(context).hasSizeGreaterThan(1);
      for (int i = 1; i < back.size(); i++) {
        assertThat(epoch(back.get(i))).as(context).isGreaterThanOrEqualTo(epoch(back.get(i - 1)));
      }
      assertThat(outcome.report().epochs()).as(context).isGreaterThan(epoch(back.getLast()));
      story.clear();
    }
  }

  private static long epoch(Note downloaded) {
    return Long.parseLong(downloaded.text().replaceAll("\\D", ""));
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
