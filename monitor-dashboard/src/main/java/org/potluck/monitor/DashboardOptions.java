package org.potluck.monitor;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Where the dashboard listens and what it keeps.
 *
 * @param host address to bind; on a loopback address only requests that name the machine itself are
 *     answered
 * @param port 0 picks a free one
 * @param history file of the database; absent keeps it in memory
 * @param hostNames further names under which the page may be asked for, such as that of a reverse
 *     proxy
 */
public record DashboardOptions(
    String host, int port, Optional<Path> history, List<String> hostNames, InstantSource clock) {
  public DashboardOptions {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "the dashboard's port is " + port + ", expected 0 to 65535");
    }
    hostNames = List.copyOf(hostNames);
  }

  /** Only for this machine, on a free port, with the history in memory. */
  public static DashboardOptions local() {
    return new DashboardOptions(
        "127.0.0.1", 0, Optional.empty(), List.of(), InstantSource.system());
  }

  public DashboardOptions withPort(int port) {
    return new DashboardOptions(host, port, history, hostNames, clock);
  }

  public DashboardOptions withHost(String host) {
    return new DashboardOptions(host, port, history, hostNames, clock);
  }

  public DashboardOptions withHostNames(List<String> names) {
    return new DashboardOptions(host, port, history, names, clock);
  }

  public DashboardOptions withHistory(Path file) {
    return new DashboardOptions(host, port, Optional.of(file), hostNames, clock);
  }
}
