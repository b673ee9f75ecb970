package org.potluck.network.libp2p;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.PeerTraffic;
import org.potluck.network.Traffic;

/**
 * The connections there are, by peer.
 *
 * <p>One connection per peer is enough, but two peers that dial each other at the same moment have
 * two, and each side may have used either by the time it notices. So both work; new streams take
 * the newest, which is surely alive; and a spare one is closed when no stream is on it. Both sides
 * must agree which one is spare, or they would close one each: of two that were dialed from
 * different sides, the one that the greater peer id dialed, closed by the smaller; of two dialed by
 * the same side, the older, closed by that side.
 */
final class ConnectionTable {
  private final PeerId self;
  private final Map<PeerId, List<Connection>> byPeer = new LinkedHashMap<>();
  private final List<Network.ConnectionListener> listeners = new ArrayList<>();

  ConnectionTable(PeerId self) {
    this.self = self;
  }

  void listen(Network.ConnectionListener listener) {
    listeners.add(listener);
  }

  void add(Connection connection) {
    List<Connection> connections =
        byPeer.computeIfAbsent(connection.peer(), _ -> new ArrayList<>());
    connections.add(connection);
    if (connections.size() == 1) {
      List.copyOf(listeners).forEach(listener -> listener.connected(connection.peer()));
    }
  }

  void remove(Connection connection) {
    List<Connection> connections = byPeer.getOrDefault(connection.peer(), List.of());
    if (connections.contains(connection) && connections.remove(connection)) {
      if (connections.isEmpty()) {
        byPeer.remove(connection.peer());
        List.copyOf(listeners).forEach(listener -> listener.disconnected(connection.peer()));
      }
    }
  }

  /** The one to open streams on: of those that are surely alive not the spare, else the newest. */
  Optional<Connection> newest(PeerId peer) {
    List<Connection> all = byPeer.getOrDefault(peer, List.of());
    boolean lively = all.size() > 1 && all.stream().allMatch(Connection::lively);
    return all.reversed().stream()
        .filter(Connection::open)
        .filter(connection -> !lively || !spare(connection, all))
        .findFirst();
  }

  boolean connected(PeerId peer) {
    return byPeer.containsKey(peer);
  }

  List<PeerId> peers() {
    return List.copyOf(byPeer.keySet());
  }

  List<Connection> all() {
    return byPeer.values().stream().flatMap(List::stream).toList();
  }

  List<Connection> of(PeerId peer) {
    return List.copyOf(byPeer.getOrDefault(peer, List.of()));
  }

  /** All connections to {@code peer} as one, since the oldest of them began. */
  Optional<PeerTraffic> traffic(PeerId peer) {
    return newest(peer)
        .map(Connection::traffic)
        .map(
            newest ->
                new PeerTraffic(
                    peer,
                    of(peer).stream().map(Connection::bytes).reduce(Traffic.NONE, Traffic::plus),
                    newest.roundTrip(),
                    newest.relayed(),
                    newest.address()));
  }

  void closeSpares() {
    for (PeerId peer : peers()) {
      List<Connection> connections = of(peer);
      if (connections.size() > 1 && connections.stream().allMatch(Connection::lively)) {
        connections.stream()
            .filter(connection -> connection.session().streams() == 0)
            .filter(connection -> spare(connection, connections))
            .filter(connection -> oursToClose(connection, connections))
            .forEach(Connection::close);
      }
    }
  }

  private boolean spare(Connection connection, List<Connection> all) {
    return crossed(all) ? connection.dialed() != smaller(connection) : connection != all.getLast();
  }

  private boolean oursToClose(Connection connection, List<Connection> all) {
    return crossed(all) ? smaller(connection) : connection.dialed();
  }

  private static boolean crossed(List<Connection> all) {
    return all.stream().anyMatch(other -> other.dialed() != all.getFirst().dialed());
  }

  private boolean smaller(Connection connection) {
    return self.compareTo(connection.peer()) < 0;
  }
}
