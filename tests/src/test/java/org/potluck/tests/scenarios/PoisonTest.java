package org.potluck.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.potluck.network.simulation.Note;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.simulate.Outcome;
import org.potluck.peer.simulate.Simulator;

/**
 * Three of ten peers poison what they bring: all of them are named and banned, nobody else is, and
 * the others learn as if they had been alone. The table with a real model is in docs/trust.md.
 */
class PoisonTest {
  private static final int HONEST = 7;
  private static final int SEEDS = 2;
  private static final int NAMED_WITHIN_ROUNDS = 10;

  private static final String SCENARIO =
      """
      name: poison
      time: {faults: 5m, healing: 0s}
      run: {values: 49152, target-batch: 160, micro-batch: 8, epochs: 80, round-limit: 20s}
      swarm:
        peers: 10
        classes:
          - {name: honest, samples-per-second: 100}
          - {name: liar, share: 0.3, samples-per-second: 100, attack: %s}
      """;

  @TestFactory
  Stream<DynamicTest> poisonersAreNamedAndNobodyElseIs() {
    return Stream.of("sign-flip", "scale", "noise", "nan", "stale", "constant")
        .map(attack -> DynamicTest.dynamicTest(attack, () -> run(attack)));
  }

  private static void run(String attack) throws IOException, ManifestException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      double clean = Simulator.run(SCENARIO.formatted("none"), seed, note -> {}).heldOutLoss();
      List<Note> story = new ArrayList<>();
      Outcome outcome = Simulator.run(SCENARIO.formatted(attack), seed, story::add);
      String context = attack + ", seed " + seed + "\n" + tell(story);
      Map<String, Set<String>> bannedBy = bannedBy(story);
      for (PeerReport peer : outcome.report().peers()) {
        int judges = bannedBy.getOrDefault(peer.id(), Set.of()).size();
        if (peer.name().startsWith("liar")) {
          assertThat(judges).as(peer.name() + ": " + context).isGreaterThan(HONEST / 2);
          assertThat(liesBeforeNamed(peer, story))
              .as(peer.name() + ": " + context)
              .isLessThanOrEqualTo(NAMED_WITHIN_ROUNDS);
        } else {
          assertThat(judges).as(peer.name() + ": " + context).isZero();
        }
      }
      assertThat(outcome.report().epochs()).as(context).isEqualTo(80);
      assertThat(outcome.heldOutLoss()).as(context).isLessThan(1.25 * clean);
    }
  }

  /** Whom honest peers have banned, by id, and who they are. */
  private static Map<String, Set<String>> bannedBy(List<Note> story) {
    Map<String, Set<String>> bannedBy = new LinkedHashMap<>();
    for (Note note : story) {
      if (note.topic().equals("banned")) {
        bannedBy.computeIfAbsent(whom(note), absent -> new LinkedHashSet<>()).add(note.peer());
      }
    }
    return bannedBy;
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
