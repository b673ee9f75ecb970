package org.potluck.tests.program;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.tests.tidiness.Repository;

/** The demo, as people see it first. */
class DemoTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path folder;

  @Test
  void threePeersTrainOneModel() throws Exception {
    Path file = folder.resolve("report.json");
    try (PotluckProcess demo = demo("--epochs", "8", "--report", file.toString())) {
      PotluckProcess.Ended ended = demo.awaitEnd();
      assertThat(ended.status()).as("%s", ended.lines()).isZero();
      assertThat(String.join("\n", ended.lines())).contains("to the last bit");
      assertThat(demo.children()).isEmpty();
    }
    JsonNode report = JSON.readTree(file.toFile());
    assertThat(fields(report))
        .containsExactlyInAnyOrder(
            "run", "peers", "epochs", "seconds", "loss_first", "loss_last", "dashboard");
    assertThat(report.get("epochs").asLong()).isEqualTo(8);
    assertThat(report.get("loss_last").asDouble()).isLessThan(report.get("loss_first").asDouble());
    assertThat(report.get("peers")).hasSize(3);
    Set<String> digests = new TreeSet<>();
    for (JsonNode peer : report.get("peers")) {
      assertThat(fields(peer))
          .containsExactlyInAnyOrder(
              "id",
              "name",
              "epoch",
              "parameter_digest",
              "samples",
              "loss_first",
              "loss_last",
              "bytes_sent",
              "bytes_received",
              "rounds_averaged",
              "rounds_failed",
              "seconds_training",
              "seconds_averaging",
              "seconds_waiting");
      assertThat(peer.get("epoch").asLong()).isEqualTo(8);
      digests.add(peer.get("parameter_digest").asText());
    }
    assertThat(digests).hasSize(1).allMatch(digest -> digest.startsWith("sha256:"));
  }

  @Test
  void theOthersGoOnWhenOneIsKilled() throws Exception {
    Path file = folder.resolve("report.json");
    try (PotluckProcess demo = demo("--epochs", "25", "--report", file.toString())) {
      demo.await("epoch [1-9].* 3 peers");
      assertThat(demo.children().getLast().destroyForcibly()).isTrue();
      PotluckProcess.Ended ended = demo.awaitEnd();
      assertThat(ended.status()).as("%s", ended.lines()).isZero();
      assertThat(String.join("\n", ended.lines())).contains("ended without a report");
    }
    JsonNode report = JSON.readTree(file.toFile());
    assertThat(report.get("peers")).hasSize(2);
    assertThat(report.get("peers").get(0).get("epoch").asLong()).isEqualTo(25);
    assertThat(report.get("peers").get(0).get("parameter_digest"))
        .isEqualTo(report.get("peers").get(1).get("parameter_digest"));
  }

  /** Trains on this project's own pages. */
  private static PotluckProcess demo(String... options) throws IOException {
    List<String> words = new ArrayList<>(List.of("demo", "--peers", "3", "--no-browser"));
    words.addAll(List.of("--data", Repository.root().resolve("docs").toString()));
    words.addAll(List.of(options));
    return PotluckProcess.start(words.toArray(String[]::new));
  }

  private static List<String> fields(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
