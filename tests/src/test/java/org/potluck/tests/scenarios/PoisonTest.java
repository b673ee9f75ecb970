package org.potluck.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.potluck.network.simulation.Note;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.simulate.Outcome;
import org.potluck.peer.simulate.Simulator;

/**
 * Three of ten peers poison what they bring, or what they make of others' parts: all of them are
 * named by most honest peers and banned by some, nobody honest is banned, and the others learn as
 * if they had been alone. Not all need to ban a peer that the leader keeps out: they do not see it
 * again. The table with a real model is in docs/trust.md.
 *
 * <p>An epoch takes them longer than downloading the model. Where it does not, whoever misses the
 * first round misses all others too, and a poisoner that is in no round is named by nobody.
 *
 * <p>Two attacks are not held to all of that. Who brings its old gradients is named by those who
 * happen to have reduced the same part before, and perhaps never banned: those of the toy problem
 * do not turn enough, and do no harm. Who brings no numbers writes them also into the spans that it
 * reduces, which nobody checks, and the toy problem has no clipping that would make it good.
 */
class PoisonTest {
  private static final int HONEST = 7;
  private static final int SEEDS = 2;
  private static final int NAMED_WITHIN_ROUNDS = 10;

  /**
   * The toy ends at the noise of its gradients. While poisoners are left out of averages, but not
   * yet banned by most, their samples still count for the target batch: seven of ten peers bring
   * all that is averaged, and their noise has 1/0.7 the variance.
   */
  private static final double HARMLESS = 1.05 / 0.7;

  private static final Map<Long, Double> CLEAN = new ConcurrentHashMap<>();

  private static final String SCENARIO =
      """
      name: poison
      time: {faults: 5m, healing: 0s}
      run: {values: 49152, target-batch: 160, micro-batch: 8, epochs: 80, round-limit: 20s}
      swarm:
        peers: 10
        classes:
          - {name: honest, samples-per-second: 25}
          - {name: liar, share: 0.3, samples-per-second: 25, attack: %s}
      """;

  @Test
  void whoeverBringsGradientsOfEarlierRoundsIsBannedByMost() throws IOException, ManifestException {
    bannedByMost("stale");
  }

  @Test
  void whoeverBringsTheLastAverageIsBannedByMost() throws IOException, ManifestException {
    bannedByMost("copy");
  }

  /**
   * They bring the same noise, so that none of them is alone, and say of all others that they have
   * banned them. Nobody honest believes that.
   */
  @Test
  void whoeverColludesIsBannedByMostAndWhatTheySayBansNobody()
      throws IOException, ManifestException {
    bannedByMost("collude");
  }

  /**
   * With a model that really learns: only there do gradients turn, and have noise of many kinds.
   */
  private static void bannedByMost(String attack) throws IOException, ManifestException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      List<Note> story = new ArrayList<>();
      String scenario =
          """
          name: late
          time: {faults: 5m, healing: 0s}
          run: {training: tiny-gpt, target-batch: 80, micro-batch: 4, epochs: 25, round-limit: 30s}
          swarm:
            peers: 10
            classes:
              - {name: honest, samples-per-second: 20}
              - {name: liar, share: 0.3, samples-per-second: 20, attack: %s}
          """
              .formatted(attack);
      Outcome outcome = Simulator.run(scenario, seed, story::add);
      String context = "seed " + seed + "\n" + tell(story);
      Map<String, Set<String>> bannedBy = judges(story, List.of("banned"));
      Map<String, Set<String>> namedBy = judges(story, List.of("banned", "doubted"));
      for (PeerReport peer : outcome.report().peers()) {
        if (peer.name().startsWith("liar")) {
          assertThat(bannedBy.getOrDefault(peer.id(), Set.of()).size())
              .as(peer.name() + ": " + context)
              .isGreaterThan(HONEST / 2);
        } else {
          assertThat(namedBy.getOrDefault(peer.id(), Set.of()))
              .as(peer.name() + ": " + context)
              .isEmpty();
          assertThat(story)
              .as(peer.name() + ": " + context)
              .filteredOn(note -> note.topic().equals("averaged"))
              .noneMatch(note -> note.text().contains(peer.id() + ", what=most others"));
        }
      }
    }
  }

  /** Before it was asked what a peer brings again and again, most banned them by epoch 30. */
  @Test
  void whoeverHasTextOfItsOwnIsBannedByNobody() throws IOException, ManifestException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      List<Note> story = new ArrayList<>();
      Outcome outcome =
          Simulator.run(
              """
              name: mixed
              time: {faults: 5m, healing: 0s}
              run: {training: tiny-gpt, target-batch: 80, micro-batch: 4, epochs: 40,
                    round-limit: 30s}
              swarm:
                peers: 10
                classes:
                  - {name: prose, samples-per-second: 20}
                  - {name: coder, share: 0.3, samples-per-second: 20, text: code}
              """,
              seed,
              story::add);
      assertThat(outcome.report().epochs()).as("seed %d", seed).isEqualTo(40);
      assertThat(judges(story, List.of("banned"))).as("seed %d%n%s", seed, tell(story)).isEmpty();
    }
  }

  @TestFactory
  Stream<DynamicTest> poisonersAreNamedAndNobodyElseIs() {
    return Stream.of(
            "sign-flip",
            "scale",
            "noise",
            "nan",
            "stale",
            "constant",
            "lying-reducer",
            "inflating-reducer")
        .map(
            attack ->
                DynamicTest.dynamicTest(
                    attack, () -> run(attack, !attack.equals("stale"), !attack.equals("nan"))));
  }

  private static void run(String attack, boolean banned, boolean harmless)
      throws IOException, ManifestException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      List<Note> story = new ArrayList<>();
      Outcome outcome = Simulator.run(SCENARIO.formatted(attack), seed, story::add);
      String context = attack + ", seed " + seed + "\n" + tell(story);
      Map<String, Set<String>> bannedBy = judges(story, List.of("banned"));
      Map<String, Set<String>> namedBy = judges(story, List.of("banned", "doubted"));
      for (PeerReport peer : outcome.report().peers()) {
        int judges = bannedBy.getOrDefault(peer.id(), Set.of()).size();
        if (peer.name().startsWith("liar")) {
          int named = namedBy.getOrDefault(peer.id(), Set.of()).size();
          assertThat(named).as(peer.name() + ": " + context).isGreaterThan(banned ? HONEST / 2 : 0);
          assertThat(judges > 0 || !banned).as(peer.name() + ": " + context).isTrue();
          assertThat(liesBeforeNamed(peer, story))
              .as(peer.name() + ": " + context)
              .isLessThanOrEqualTo(NAMED_WITHIN_ROUNDS);
        } else {
          assertThat(judges).as(peer.name() + ": " + context).isZero();
        }
      }
      assertThat(outcome.report().epochs()).as(context).isEqualTo(80);
      if (harmless) {
        assertThat(outcome.heldOutLoss()).as(context).isLessThan(HARMLESS * clean(seed));
      }
    }
  }

  /** The loss of a run in which nobody lies. */
  private static double clean(long seed) throws IOException, ManifestException {
    Double known = CLEAN.get(seed);
    if (known == null) {
      known = Simulator.run(SCENARIO.formatted("none"), seed, note -> {}).heldOutLoss();
      CLEAN.put(seed, known);
    }
    return known;
  }

  /** Who has said it, by the id of whom it was said. */
  private static Map<String, Set<String>> judges(List<Note> story, List<String> topics) {
    Map<String, Set<String>> judges = new LinkedHashMap<>();
    for (Note note : story) {
      if (topics.contains(note.topic())) {
        judges.computeIfAbsent(whom(note), absent -> new LinkedHashSet<>()).add(note.peer());
      }
    }
    return judges;
  }

  private static long liesBeforeNamed(PeerReport liar, List<Note> story) {
    long lies = 0;
    for (Note note : story) {
      boolean names = note.topic().equals("banned") || note.topic().equals("doubted");
      if (names && whom(note).equals(liar.id())) {
        return lies;
      }
      lies += note.topic().equals("lie") && note.peer().equals(liar.name()) ? 1 : 0;
    }
    return Long.MAX_VALUE;
  }

  private static String whom(Note note) {
    return note.text().substring(0, note.text().indexOf(':'));
  }

  private static String tell(List<Note> story) {
    StringBuilder text = new StringBuilder();
    for (Note note : story) {
      if (!note.topic().equals("lie") && !note.topic().equals("averaged")) {
        text.append(note).append(System.lineSeparator());
      }
    }
    return text.toString();
  }
}
