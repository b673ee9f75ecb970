package org.potluck.peer.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.potluck.monitor.DashboardOptions;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.run.Trouble;
import picocli.CommandLine.Option;

/** Where the dashboard's page is shown. */
final class PageOptions {
  private static final int USUAL_PORT = 8080;

  @Option(
      names = "--dashboard-port",
      paramLabel = "PORT",
      description =
          "Port of the page; 0 takes any (default: 8080 for 'start' when it is free, else any).")
  private @Nullable Integer port;

  @Option(
      names = "--dashboard-host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "Address the page is shown on; 0.0.0.0 lets others see it (default: ${DEFAULT-VALUE}).")
  private String host = "127.0.0.1";

  @Option(
      names = "--dashboard-name",
      paramLabel = "NAME",
      description =
          "Host name under which others ask for a page that is shown on this machine alone, such as"
              + " that of a reverse proxy; can be given several times.")
  private List<String> names = List.of();

  /** Any free port unless one was asked for. */
  DashboardOptions options() throws UserException {
    return options(0);
  }

  /** Like {@link #options()}, with the port that web pages of programs usually have, if free. */
  DashboardOptions optionsOfUsualPort() throws UserException {
    return options(FreePort.orAny(USUAL_PORT, host));
  }

  private DashboardOptions options(int usual) throws UserException {
    int wanted = port == null ? usual : port;
    if (wanted < 0 || wanted > 65_535) {
      throw new UserException(
          ExitCode.USAGE, "--dashboard-port must be between 0 and 65535, not " + wanted);
    }
    return DashboardOptions.local().withHost(host).withPort(wanted).withHostNames(names);
  }

  /** The same with a history that survives restarts. */
  static DashboardOptions keeping(DashboardOptions options, Path history) throws UserException {
    try {
      Files.createDirectories(history.getParent());
    } catch (IOException e) {
      throw new UserException(
          ExitCode.MACHINE,
          "cannot keep the run's history in %s (%s); choose another folder with --home"
              .formatted(history.getParent(), Trouble.of(e)));
    }
    return options.withHistory(history);
  }
}
