package org.potluck.network.libp2p;

import java.io.IOException;
import org.potluck.network.Multiaddr;

/** This machine does not let us listen; the message says where and what to change. */
public final class ListenException extends IOException {
  private static final long serialVersionUID = 1L;

  ListenException(Multiaddr address, Throwable cause) {
    super(describe(address, cause), cause);
  }

  private static String describe(Multiaddr address, Throwable cause) {
    String text = String.valueOf(cause.getMessage());
    if (text.contains("in use")) {
      return "cannot listen on "
          + address
          + ": another program uses this port. Stop it, or change the port of the listen address"
          + " (port 0 takes any free one).";
    }
    return "cannot listen on " + address + ": " + text + ". Change the listen address.";
  }
}
