package org.potluck.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecordingTest {
  private static final Instant AT = Examples.START;

  @TempDir private Path folder;

  @Test
  void whatWasReportedIsReadAgain() throws IOException {
    Path file = folder.resolve("run.jsonl");
    NextRound next = new NextRound(3, AT, null, "Gathering samples.", 5, 10);
    ModelSample sample = new ModelSample(3, AT, "once", "twice\nthrice");
    Notice notice = new Notice(Notice.Severity.WARNING, "somebody is gone", AT);
    try (Recorder recorder = Recorder.to(file, () -> AT)) {
      recorder.run(Examples.run("run-a"));
      recorder.peers(Examples.peers(3, AT));
      recorder.epoch(Examples.epoch(3, AT));
      recorder.round(Examples.round(3, AT));
      recorder.next(next);
      recorder.sample(sample);
      recorder.event(notice);
      recorder.note(Duration.ofSeconds(2), "a", "averaged", "told by the round");
      recorder.note(Duration.ofSeconds(3), "a", "crashed", "lost power");
    }
    assertThat(Recording.read(file).lines())
        .extracting(Recording.Line::facts)
        .containsExactly(
            Examples.run("run-a"),
            Examples.peers(3, AT),
            Examples.epoch(3, AT),
            Examples.round(3, AT),
            next,
            sample,
            notice,
            new Notice(Notice.Severity.INFO, "a crashed: lost power", AT.plusSeconds(3)));
  }

  @Test
  void theApiHoldsTheEndOfARecording() throws Exception {
    Path file = folder.resolve("run.jsonl");
    try (Recorder recorder = Recorder.to(file, () -> AT)) {
      recorder.run(Examples.run("run-a"));
      for (int epoch = 0; epoch < 5_000; epoch++) {
        recorder.epoch(Examples.epoch(epoch, AT));
      }
    }
    try (Dashboard dashboard = Dashboard.replay(DashboardOptions.local(), Recording.read(file));
        Client client = new Client(dashboard)) {
      assertThat(client.json("/api/v1/epochs?from=4999")).hasSize(1);
      assertThat(client.json("/api/v1/epochs")).as("none was dropped").hasSize(1_000);
      assertThat(client.json("/api/v1/state").at("/recording/lines").asInt()).isEqualTo(5_001);
      assertThat(client.json("/api/v1/recording").at("/1/data/epoch").asInt()).isZero();
    }
  }

  @Test
  void aLiveRunHasNoRecording() throws Exception {
    try (Dashboard dashboard = Dashboard.start(DashboardOptions.local());
        Client client = new Client(dashboard)) {
      assertThat(client.get("/api/v1/recording").statusCode()).isEqualTo(404);
      assertThat(client.json("/api/v1/state").get("recording").isNull()).isTrue();
    }
  }

  @Test
  void aFileThatIsNoRecordingIsNamedWithItsLine() throws IOException {
    String good =
        "{\"at\":\"2026-01-01T00:00:00Z\",\"seconds\":0,\"type\":\"notice\",\"data\":{\"severity\":\"info\",\"text\":\"a\",\"at\":\"2026-01-01T00:00:00Z\"}}\n";
    for (String bad :
        List.of(
            "not json",
            "{}",
            "{\"at\":\"2026-01-01T00:00:00Z\",\"seconds\":-1,\"type\":\"note\"}",
            "{\"at\":\"2026-01-01T00:00:00Z\",\"seconds\":1e300,\"type\":\"note\"}",
            "{\"at\":\"2026-01-01T00:00:00Z\",\"seconds\":1,\"type\":\"dance\",\"data\":{}}",
            "{\"at\":\"2026-01-01T00:00:00Z\",\"seconds\":1,\"type\":\"epoch\",\"data\":[1]}",
            "{\"at\":\"2026-01-01T00:00:00Z\",\"seconds\":1,\"type\":\"epoch\"}",
            "{\"at\":\"2026-01-01T00:00:00Z\",\"seconds\":1,\"type\":\"round\",\"data\":{\"members\":[7]}}",
            "{\"at\":\"2026-01-01T00:00:00Z\",\"seconds\":1,\"type\":\"peers\",\"data\":[null]}",
            "{\"at\":\"2026-01-01T00:00:00Z\",\"seconds\":1,\"type\":\"peers\",\"data\":[{}]}",
            "{\"at\":\"yesterday\",\"seconds\":1,\"type\":\"note\"}")) {
      Path file = Files.writeString(folder.resolve("bad.jsonl"), good + bad + "\n");
      assertThatThrownBy(() -> Recording.read(file))
          .as("%s", bad)
          .isInstanceOf(DashboardException.class)
          .hasMessageContaining("bad.jsonl")
          .hasMessageContaining("line 2");
    }
    Path empty = Files.writeString(folder.resolve("empty.jsonl"), "");
    assertThatThrownBy(() -> Recording.read(empty)).hasMessageContaining("nothing to replay");
    assertThatThrownBy(() -> Recording.read(folder.resolve("none.jsonl")))
        .hasMessageContaining("none.jsonl");
  }
}
