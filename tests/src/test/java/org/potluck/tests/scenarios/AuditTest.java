package org.potluck.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.potluck.network.simulation.Note;
import org.potluck.peer.manifest.ManifestException;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.simulate.Outcome;
import org.potluck.peer.simulate.Simulator;

/**
 * Peers that bring the average of the round before with a little noise look like everybody else to
 * the gates, and so do reducers that halve their part of the average. Audits name both, and nobody
 * who did the work. An epoch takes longer than downloading the model, so that everybody is in
 * rounds; see {@link PoisonTest}.
 */
class AuditTest {
  private static final int SEEDS = 2;

  @Test
  void copiersAreNamedAndNobodyElseIs() throws IOException, ManifestException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Map<String, String> unaudited = names("disguised-copy", 0, seed);
      assertThat(unaudited.values()).as("seed %d", seed).doesNotContain("banned");
      for (Map.Entry<String, String> peer : names("disguised-copy", 5, seed).entrySet()) {
        assertThat(peer.getValue())
            .as("%s, seed %d", peer.getKey(), seed)
            .isEqualTo(peer.getKey().startsWith("liar") ? "banned" : "clean");
      }
    }
  }

  @Test
  void reducersThatLieALittleAreNamedAndNobodyElseIs() throws IOException, ManifestException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      assertThat(names("shrinking-reducer", 0, seed).values())
          .as("seed %d", seed)
          .containsOnly("clean");
      for (Map.Entry<String, String> peer : names("shrinking-reducer", 5, seed).entrySet()) {
        assertThat(peer.getValue())
            .as("%s, seed %d", peer.getKey(), seed)
            .isEqualTo(peer.getKey().startsWith("liar") ? "banned" : "clean");
      }
    }
  }

  /** By name of peer, the worst that anybody honest has said of it. */
  private static Map<String, String> names(String attack, int audits, long seed)
      throws IOException, ManifestException {
    String scenario =
        """
        name: audits
        time: {faults: 5m, healing: 0s}
        run: {values: 49152, target-batch: 160, micro-batch: 8, epochs: 60, round-limit: 20s,
              audits: %d}
        swarm:
          peers: 10
          classes:
            - {name: honest, samples-per-second: 25}
            - {name: liar, share: 0.3, samples-per-second: 25, attack: %s}
        """
            .formatted(audits, attack);
    List<Note> story = new ArrayList<>();
    Outcome outcome = Simulator.run(scenario, seed, story::add);
    assertThat(outcome.report().epochs()).as("seed %d", seed).isEqualTo(60);
    Map<String, String> names =
        outcome.report().peers().stream()
            .collect(Collectors.toMap(PeerReport::id, PeerReport::name));
    Map<String, String> worst = new LinkedHashMap<>();
    names.values().forEach(name -> worst.put(name, "clean"));
    for (Note note : story) {
      if (note.topic().equals("banned") || note.topic().equals("doubted")) {
        String whom = names.get(note.text().substring(0, note.text().indexOf(':')));
        worst.merge(whom, note.topic(), (old, now) -> old.equals("banned") ? old : now);
      }
    }
    return worst;
  }
}
