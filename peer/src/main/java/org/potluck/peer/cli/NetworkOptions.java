package org.potluck.peer.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Multiaddr;
import org.potluck.peer.ExitCode;
import org.potluck.peer.UserException;
import org.potluck.peer.run.Home;
import picocli.CommandLine.Option;

/** What all commands that go on the network can be told about it. */
final class NetworkOptions {
  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "TCP port to listen on; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "0.0.0.0",
      description = "IP address to listen on (default: ${DEFAULT-VALUE}, all of this machine).")
  private String host = "0.0.0.0";

  @Option(
      names = "--home",
      paramLabel = "FOLDER",
      description = "Where identity and checkpoints are kept (default: ~/.potluck).")
  private @Nullable Path folder;

  Home home() {
    return folder == null ? Home.standard() : new Home(folder);
  }

  List<Multiaddr> listen() throws UserException {
    if (port < 0 || port > 65_535) {
      throw new UserException(ExitCode.USAGE, "--port must be between 0 and 65535, not " + port);
    }
    List<Multiaddr> addresses = new ArrayList<>();
    try {
      String family = host.contains(":") ? "ip6" : "ip4";
      addresses.add(Multiaddr.parse("/" + family + "/" + host + "/tcp/" + port));
    } catch (IllegalArgumentException e) {
      throw new UserException(ExitCode.USAGE, "--host must be an IP address, not '" + host + "'");
    }
    return addresses;
  }
}
