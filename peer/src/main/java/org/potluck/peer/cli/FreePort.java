package org.potluck.peer.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Whether a port that is only preferred can be had. */
final class FreePort {
  private FreePort() {}

  /** {@code port} when nobody listens there just now, else 0, which means any. */
  static int orAny(int port, String host) {
    try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getByName(host))) {
      return port;
    } catch (IOException e) {
      return 0;
    }
  }
}
