package org.potluck.peer.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.potluck.peer.ExitCode;
import org.potluck.peer.Main;
import org.potluck.peer.SiblingJava;
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

  /**
   * @param first of several; it may write what makes later ones start sooner
   */
  static PeerProcess start(
      String name, String invitation, Path home, List<String> options, boolean first)
      throws IOException {
    Files.createDirectories(home);
    Path report = home.resolve("report.json");
    List<String> arguments = new ArrayList<>(List.of("join", invitation, "--name", name));
    arguments.addAll(List.of("--home", home.toString(), "--host", "127.0.0.1"));
    arguments.addAll(List.of("--report", report.toString(), "--log", "2s"));
    arguments.add("--finish-with-input"); // also when this process dies
    arguments.addAll(options);
    List<String> command =
        first
            ? SiblingJava.archivingCommand(Main.class, arguments)
            : SiblingJava.command(Main.class, arguments);
    Process process =
        new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.INHERIT).start();
    SiblingJava.passOnErrors(process);
    return new PeerProcess(name, process, report);
  }

  String name() {
    return name;
  }

  boolean running() {
    return process.isAlive();
  }

  /** Asks it to take its last step at one epoch with the others, save and report. */
  void finish() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It has ended already.
    }
  }

  /** Asks it to stop, save and report; what it says on the way is still read. */
  void terminate() {
    boolean _ = process.toHandle().destroy();
  }

  /** Waits for its end; after {@code limit} it is killed. */
  void awaitEnd(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
      process.waitFor();
    }
  }

  /** What it reported; empty when it did not live to, or could not write. */
  Optional<PeerReport> report() {
    try {
      return Files.exists(report) ? Optional.of(RunReport.readPeer(report)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** What its exit status says; empty while it runs, and when it was killed. */
  Optional<ExitCode> exitCode() {
    return process.isAlive() ? Optional.empty() : ExitCode.of(process.exitValue());
  }

  /** How it ended, in words to append; empty where there is nothing to say. */
  String how() {
    return exitCode()
        .filter(exitCode -> exitCode != ExitCode.OK)
        .map(exitCode -> ": " + exitCode.meaning())
        .orElse("");
  }
}
