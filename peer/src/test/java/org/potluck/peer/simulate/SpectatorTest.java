package org.potluck.peer.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.monitor.Recording;
import org.potluck.peer.manifest.ManifestException;

final class SpectatorTest {
  private static final String SCENARIO =
      """
      name: three homes
      time: {faults: 90s, healing: 0s}
      run: {values: 2000, target-batch: 96, micro-batch: 8, round-limit: 20s}
      swarm:
        peers: 3
        classes: [{name: home, samples-per-second: 4, arrive-within: 2s}]
      """;

  @TempDir private Path folder;

  @Test
  void lookingOnChangesNothing() throws Exception {
    Outcome alone = run(5, null);
    Outcome watched = run(5, folder.resolve("run.jsonl"));
    assertThat(watched.timelineHash()).isEqualTo(alone.timelineHash());
    assertThat(watched.events()).isEqualTo(alone.events());
  }

  @Test
  void whatItWritesIsThisRunAndCanBeReplayed() throws Exception {
    Path file = folder.resolve("run.jsonl");
    Outcome outcome = run(6, file);
    List<JsonNode> lines = lines(file);
    assertThat(lines.get(0).at("/type").asText()).isEqualTo("run");
    assertThat(lines.get(0).at("/data/coordinator").asText()).contains("--seed 6, commit ");
    assertThat(lines.get(1).at("/text").asText()).contains("name=three homes", "targetBatch=96");

    TreeMap<Long, JsonNode> epochs = new TreeMap<>();
    TreeMap<String, JsonNode> rounds = new TreeMap<>();
    for (JsonNode line : lines) {
      if (line.at("/type").asText().equals("epoch")) {
        epochs.put(line.at("/data/epoch").asLong(), line.get("data"));
      }
      if (line.at("/type").asText().equals("round")) {
        rounds.put(line.at("/data/id").asText(), line.get("data"));
      }
    }
    assertThat(epochs.lastKey()).as("seen within a second").isGreaterThan(3);
    assertThat(epochs.lastKey()).isLessThanOrEqualTo(outcome.report().epochs());
    assertThat(epochs.firstEntry().getValue().at("/counted").asBoolean()).isTrue();
    JsonNode averaged =
        rounds.values().stream()
            .filter(round -> round.at("/outcome").asText().equals("averaged"))
            .filter(round -> round.at("/members").size() == 3)
            .findFirst()
            .orElseThrow();
    double shares = 0;
    double samples = 0;
    for (JsonNode member : averaged.get("members")) {
      shares += member.at("/share").asDouble();
      samples += member.at("/samples").asDouble();
      assertThat(member.at("/part").asText()).isEqualTo("averaged");
      assertThat(member.at("/name").asText()).startsWith("home-");
    }
    assertThat(shares).isCloseTo(1, org.assertj.core.api.Assertions.within(1e-9));
    assertThat(averaged.at("/samples").asDouble()).isEqualTo(samples).isGreaterThanOrEqualTo(96);
    assertThat(averaged.at("/bytes").asLong()).isGreaterThan(1_000);
    assertThat(Recording.read(file)).isNotNull();
  }

  @Test
  void whoIsRefusedIsSeen() throws Exception {
    Path file = folder.resolve("run.jsonl");
    Outcome _ =
        run(
            """
            name: one of five
            time: {faults: 90s, healing: 0s}
            run: {values: 2000, target-batch: 96, micro-batch: 8, round-limit: 20s}
            swarm:
              peers: 5
              classes:
              - {name: home, samples-per-second: 4}
              - {name: bad, share: 0.2, samples-per-second: 4, attack: nan}
            """,
            7,
            file);
    assertThat(lines(file))
        .anyMatch(
            line ->
                line.at("/type").asText().equals("notice")
                    && line.at("/data/text").asText().matches("bad-\\d is refused by all.*"));
    JsonNode bad =
        lines(file).stream()
            .filter(line -> line.at("/type").asText().equals("peers"))
            .flatMap(line -> line.get("data").valueStream())
            .filter(peer -> peer.at("/standing/refused").asBoolean())
            .findFirst()
            .orElseThrow();
    assertThat(bad.at("/name").asText()).startsWith("bad-");
    assertThat(bad.at("/standing/reason").asText()).isNotBlank();
  }

  private static Outcome run(long seed, @Nullable Path timeline)
      throws ManifestException, IOException {
    return run(SCENARIO, seed, timeline);
  }

  private static Outcome run(String text, long seed, @Nullable Path timeline)
      throws ManifestException, IOException {
    Scenario scenario = ScenarioFile.parse(text, "scenario");
    try (TinyModels models = new TinyModels();
        Spectator spectator = timeline == null ? null : Spectator.writing(timeline)) {
      ScenarioRun run = new ScenarioRun(scenario, seed, models);
      if (spectator != null) {
        run.watchedBy(spectator);
      }
      return run.run();
    }
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(new JsonMapper().readTree(line));
    }
    return lines;
  }
}
