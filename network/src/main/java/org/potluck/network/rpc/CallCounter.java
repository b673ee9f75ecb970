package org.potluck.network.rpc;

import java.util.LinkedHashMap;
import java.util.Map;
import org.potluck.network.PeerId;

/** How many calls of each remote peer are being served. */
final class CallCounter {
  private final int perPeerMax;
  private final Map<PeerId, Integer> counts = new LinkedHashMap<>();

  CallCounter(int perPeerMax) {
    this.perPeerMax = perPeerMax;
  }

  /** What to do with one more call. */
  enum Verdict {
    SERVE,
    REFUSE,
    RESET
  }

  /** Counts a call; each that is not reset must be {@link #finished}. */
  Verdict begin(PeerId peer) {
    int count = counts.getOrDefault(peer, 0);
    if (count >= 2 * perPeerMax) {
      return Verdict.RESET;
    }
    counts.put(peer, count + 1);
    return count < perPeerMax ? Verdict.SERVE : Verdict.REFUSE;
  }

  void finished(PeerId peer) {
    counts.computeIfPresent(peer, (_, count) -> count > 1 ? count - 1 : null);
  }
}
