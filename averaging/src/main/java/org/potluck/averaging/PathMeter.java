package org.potluck.averaging;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.potluck.network.Bandwidth;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;

/**
 * What relayed paths carry, learned from what they have carried.
 *
 * <p>What passes directly between two peers is limited by their two links, and those are declared.
 * That a path is slow in itself cannot be told from a busy link at its other end, except where it
 * is known to lead through a relay: that has a rate of its own, shared with others. So relayed
 * paths are metered one by one, like links.
 *
 * <p>Runs on the network's loop.
 */
final class PathMeter {
  private static final class Path {
    final RateHistory history = new RateHistory();
    long sentBefore;

    Path(long sent) {
      sentBefore = sent;
    }
  }

  private final Network network;
  private final Map<PeerId, Path> paths = new TreeMap<>();

  PathMeter(Network network) {
    this.network = network;
  }

  /** Reads the counters, {@code seconds} after the last time. */
  void read(double seconds) {
    List<PeerId> connected = network.connectedPeers();
    paths.keySet().retainAll(connected);
    for (PeerId peer : connected) {
      network.traffic(peer).ifPresent(traffic -> read(peer, traffic, seconds));
    }
  }

  private void read(PeerId peer, PeerTraffic traffic, double seconds) {
    if (!traffic.relayed()) {
      paths.remove(peer);
      return;
    }
    long sent = traffic.traffic().bytesSent();
    Path path = paths.computeIfAbsent(peer, p -> new Path(sent));
    // A new connection counts from nothing.
    path.history.add(Math.max(0, sent - path.sentBefore), seconds);
    path.sentBefore = sent;
  }

  /** The relayed paths of which something is known. */
  List<OwnLink.Path> paths() {
    List<OwnLink.Path> known = new ArrayList<>();
    paths.forEach(
        (peer, path) -> {
          double rate = path.history.declaredBytesPerSecond();
          if (rate > 0) {
            known.add(new OwnLink.Path(peer, new Bandwidth(rate)));
          }
        });
    return known;
  }
}
