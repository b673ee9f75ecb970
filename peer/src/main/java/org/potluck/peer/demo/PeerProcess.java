package org.potluck.peer.demo;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.potluck.peer.Main;
import org.potluck.peer.report.PeerReport;
import org.potluck.peer.report.RunReport;

/** One {@code potluck join} as a process of its own, with the very Java that runs this one. */
final class PeerProcess {
  private final String name;
  private final Process process;
  private final Path report;

  private PeerProcess(String name, Process process, Path report) {
    this.name = name;
    this.process = process;
    this.report = report;
  }

  static PeerProcess start(String name, String invitation, Path home, List<String> options)
      throws IOException {
    Files.createDirectories(home);
    Path report = home.resolve("report.json");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Class data is shared for reading only: the peers must not race to write the archive.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> !argument.equals("-XX:+AutoCreateSharedArchive"))
        .forEach(command::add);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "join"));
    command.addAll(List.of(invitation, "--name", name, "--home", home.toString()));
    command.addAll(List.of("--host", "127.0.0.1", "--report", report.toString(), "--log", "2s"));
    command.addAll(options);
    Process process = new ProcessBuilder(command).inheritIO().start();
    return new PeerProcess(name, process, report);
  }

  String name() {
    return name;
  }

  boolean running() {
    return process.isAlive();
  }

  /** Asks it to stop, save and report. */
  void terminate() {
    process.destroy();
  }

  /** Waits for its end; after {@code limit} it is killed. */
  void awaitEnd(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
      process.waitFor();
    }
  }

  /** What it reported; empty when it did not live to. */
  Optional<PeerReport> report() throws IOException {
    return Files.exists(report) ? Optional.of(RunReport.readPeer(report)) : Optional.empty();
  }
}
