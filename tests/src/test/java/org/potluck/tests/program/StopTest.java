package org.potluck.tests.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.tests.tidiness.Repository;

/** What a request to end leaves behind. */
class StopTest {
  private static final int TERMINATED = 128 + 15;

  @TempDir private Path folder;
  private Path run;

  @BeforeEach
  void describe() throws Exception {
    run = folder.resolve("run.yaml");
    try (PotluckProcess init = PotluckProcess.start("init", run.toString())) {
      assertThat(init.awaitEnd().status()).isZero();
    }
  }

  /** SQLite takes its side files away when the database is closed, and only then. */
  @Test
  void theCoordinatorClosesItsHistory() throws Exception {
    Path home = folder.resolve("home");
    try (PotluckProcess start = start(home)) {
      start.await("Waiting for peers");
      start.terminate();
      assertThat(start.awaitEnd().status()).isEqualTo(TERMINATED);
    }
    assertThat(names(home)).contains("history.db").doesNotContain("history.db-wal");
  }

  @Test
  void aVolunteerSavesTellsAndSaysGoodbye() throws Exception {
    Path report = folder.resolve("report.json");
    Path home = folder.resolve("volunteer");
    try (PotluckProcess start = start(folder.resolve("home"))) {
      String invitation = start.await("(potluck://[^' ]+)").group(1);
      try (PotluckProcess join =
          PotluckProcess.start(
              "join",
              invitation,
              "--home",
              home.toString(),
              "--host",
              "127.0.0.1",
              "--data",
              Repository.root().resolve("docs").toString(),
              "--log",
              "1s",
              "--report",
              report.toString())) {
        join.await("epoch [1-9]");
        join.terminate();
        PotluckProcess.Ended ended = join.awaitEnd();
        assertThat(ended.status()).as("%s", ended.lines()).isEqualTo(TERMINATED);
        assertThat(ended.lines().getLast()).contains("saved in");
      }
      assertThat(report).exists();
      assertThat(names(home)).contains("model.safetensors");
    }
  }

  /** The status says that not all went well, though it was a signal that ended it. */
  @Test
  void whatCannotBeSavedIsSaid() throws Exception {
    Path home = folder.resolve("volunteer");
    try (PotluckProcess start = start(folder.resolve("home"))) {
      String invitation = start.await("(potluck://[^' ]+)").group(1);
      try (PotluckProcess join =
          PotluckProcess.start(
              "join",
              invitation,
              "--home",
              home.toString(),
              "--host",
              "127.0.0.1",
              "--data",
              Repository.root().resolve("docs").toString(),
              "--log",
              "1s")) {
        join.await("epoch [1-9]");
        Path saved = runFolder(home);
        Files.move(saved, folder.resolve("moved away"));
        Files.writeString(saved, "in the way");
        join.terminate();
        PotluckProcess.Ended ended = join.awaitEnd();
        assertThat(ended.lines().getLast()).startsWith("potluck: ").contains("--home");
        assertThat(ended.status()).as("%s", ended.lines()).isEqualTo(3);
      }
    }
  }

  @Test
  void aDemoTakesItsPeersAndItsFolderAway() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    try (PotluckProcess demo =
        PotluckProcess.startIn(
            List.of("env", "JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=" + temporary),
            "demo",
            "--peers",
            "2",
            "--no-browser",
            "--data",
            Repository.root().resolve("docs").toString())) {
      demo.await("epoch [1-9]");
      assertThat(names(temporary)).anyMatch(name -> name.startsWith("potluck-demo-"));
      demo.terminate();
      PotluckProcess.Ended ended = demo.awaitEnd();
      assertThat(ended.status()).as("%s", ended.lines()).isEqualTo(TERMINATED);
      assertThat(String.join("\n", ended.lines())).contains(" epochs in ");
      assertThat(demo.children()).isEmpty();
    }
    assertThat(names(temporary)).noneMatch(name -> name.startsWith("potluck-demo-"));
  }

  private PotluckProcess start(Path home) {
    return PotluckProcess.start(
        "start", run.toString(), "--home", home.toString(), "--host", "127.0.0.1");
  }

  private static Path runFolder(Path home) throws IOException {
    try (Stream<Path> runs = Files.list(home.resolve("runs"))) {
      return runs.findFirst().orElseThrow();
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
