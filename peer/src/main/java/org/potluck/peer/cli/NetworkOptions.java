package org.potluck.peer.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
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
      description = "TCP port to listen on; 0 takes any free one (default: the one of last time).")
  private @Nullable Integer port;

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

  /**
   * Where to listen.
   *
   * @param before the port of last time, taken again when nobody asked for one and it is free
   */
  List<Multiaddr> listen(OptionalInt before) throws UserException {
    int wanted =
        port == null ? before.isEmpty() ? 0 : FreePort.orAny(before.getAsInt(), host) : port;
    if (wanted < 0 || wanted > 65_535) {
      throw new UserException(ExitCode.USAGE, "--port must be between 0 and 65535, not " + wanted);
    }
    List<Multiaddr> addresses = new ArrayList<>();
    try {
      String family = host.contains(":") ? "ip6" : "ip4";
      addresses.add(Multiaddr.parse("/" + family + "/" + host + "/tcp/" + wanted));
    } catch (IllegalArgumentException e) {
      throw new UserException(ExitCode.USAGE, "--host must be an IP address, not '" + host + "'");
    }
    return addresses;
  }
}
