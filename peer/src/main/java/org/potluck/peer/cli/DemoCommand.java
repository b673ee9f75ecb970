package org.potluck.peer.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.demo.Demo;
import org.potluck.peer.run.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "demo",
    description = "See several peers on this machine train one model on real text.")
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--peers",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many peer processes train (default: ${DEFAULT-VALUE}).")
  private int peers;

  @Option(names = "--epochs", paramLabel = "N", description = "Stop after so many epochs.")
  private long epochs;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = TimeConverter.class,
      description = "Train for a time such as 60s or 5m (default: 60s unless --epochs is given).")
  private @Nullable Duration time;

  @Option(names = "--data", paramLabel = "PATH", description = "Text to train on.")
  private @Nullable Path data;

  @Option(names = "--report", paramLabel = "FILE", description = "Write what happened, as JSON.")
  private @Nullable Path report;

  @Option(names = "--no-browser", description = "Do not open the dashboard in a browser.")
  private boolean noBrowser;

  @Option(
      names = "--dashboard-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Port of the page on this machine; 0 takes any (default: ${DEFAULT-VALUE}).")
  private int dashboardPort;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws UserException, InterruptedException {
    if (peers < 1 || peers > 64) {
      throw new UserException(ExitCode.USAGE, "--peers must be between 1 and 64, not " + peers);
    }
    if (epochs < 0) {
      throw new UserException(ExitCode.USAGE, "--epochs must be 0 or more, not " + epochs);
    }
    ReportFile.check(report, "--report");
    if (dashboardPort < 0 || dashboardPort > 65_535) {
      throw new UserException(
          ExitCode.USAGE, "--dashboard-port must be between 0 and 65535, not " + dashboardPort);
    }
    Duration limit = time != null ? time : epochs > 0 ? Duration.ofDays(1) : Duration.ofSeconds(60);
    Demo demo =
        new Demo(
            new Demo.Wishes(peers, epochs, limit, data, report, !noBrowser, dashboardPort),
            spec.commandLine().getOut());
    try (Interrupt _ = Interrupt.calls(demo::stop)) {
      return demo.run().status();
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE,
          "the demo cannot use its folder in %s (%s)"
              .formatted(System.getProperty("java.io.tmpdir"), Trouble.of(e)));
    }
  }
}
