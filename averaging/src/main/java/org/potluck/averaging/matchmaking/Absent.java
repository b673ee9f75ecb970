package org.potluck.averaging.matchmaking;

import java.util.LinkedHashSet;
import java.util.Set;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.PeerId;

/**
 * Which of those that are expected at a round are gone, as far as this peer can see.
 *
 * <p>A connection that breaks says little: the network closes some that nobody uses. So the peer is
 * dialed, and is gone when it does not answer; one without an address that could be dialed is given
 * a moment to come back. Nobody is struck off for that: it still counts for the quorum, so that two
 * groups can never begin side by side, but nobody waits for it to come.
 */
final class Absent {
  private static final int PEERS_MAX = 1024;

  private final Surroundings around;
  private final Runnable changed;
  private final Set<PeerId> gone = new LinkedHashSet<>();
  private boolean over;

  /**
   * @param changed run when somebody is found gone
   */
  Absent(Surroundings around, Runnable changed) {
    this.around = around;
    this.changed = changed;
  }

  boolean has(PeerId peer) {
    return gone.contains(peer);
  }

  /** Its last connection to this peer has ended. */
  void disconnected(PeerId peer) {
    if (around.network().addressesOf(peer).isEmpty()) {
      EventLoop.Timer _ =
          around.loop().schedule(around.options().silenceLimit().dividedBy(4), () -> miss(peer));
      return;
    }
    var _ =
        around
            .network()
            .open(peer, JoinStream.PROTOCOL, around.options().dialLimit())
            .whenComplete(
                (stream, _) -> {
                  if (stream == null) {
                    miss(peer);
                  } else {
                    stream.reset();
                  }
                });
  }

  /** It is there. */
  void back(PeerId peer) {
    gone.remove(peer);
  }

  void end() {
    over = true;
  }

  private void miss(PeerId peer) {
    Network network = around.network();
    if (!over && !network.connectedPeers().contains(peer) && gone.size() < PEERS_MAX) {
      gone.add(peer);
      changed.run();
    }
  }
}
