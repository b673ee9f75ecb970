package org.potluck.network.libp2p;

import org.potluck.network.Traffic;

/** The bytes of all sockets of one network since it started. */
final class TrafficTotal {
  private long sent;
  private long received;

  void sent(int bytes) {
    sent += bytes;
  }

  void received(int bytes) {
    received += bytes;
  }

  Traffic traffic() {
    return new Traffic(sent, received);
  }
}
