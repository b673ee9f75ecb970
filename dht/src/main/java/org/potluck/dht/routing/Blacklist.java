package org.potluck.dht.routing;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.potluck.network.PeerId;

/**
 * Peers that did not answer, and until when nobody asks them: five seconds, doubled by every
 * further failure, forgiven by one answer.
 */
public final class Blacklist {
  static final Duration FIRST = Duration.ofSeconds(5);
  private static final int DOUBLINGS_MAX = 9;
  private static final int PEERS_MAX = 2048;

  private final Map<PeerId, Ban> bans = new LinkedHashMap<>();

  public void failed(PeerId peer, Instant now) {
    Ban earlier = bans.remove(peer);
    int doublings = earlier == null ? 0 : Math.min(earlier.doublings + 1, DOUBLINGS_MAX);
    bans.put(peer, new Ban(doublings, now.plus(FIRST.multipliedBy(1L << doublings))));
    if (bans.size() > PEERS_MAX) {
      bans.remove(bans.keySet().iterator().next());
    }
  }

  public void answered(PeerId peer) {
    bans.remove(peer);
  }

  public boolean banned(PeerId peer, Instant now) {
    Ban ban = bans.get(peer);
    return ban != null && now.isBefore(ban.until);
  }

  private record Ban(int doublings, Instant until) {}
}
