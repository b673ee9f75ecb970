package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.potluck.network.PeerId;

/**
 * Leaders that kept this peer waiting until the limit, told it a wrong plan, or whose plans came to
 * nothing; not followed for a while.
 *
 * <p>Whoever declares the earliest time leads, and a time is easily said. Without a memory a peer
 * that always claims the first and never begins would hold everybody up round after round.
 */
final class Shunned {
  private static final Duration FIRST = Duration.ofMinutes(1);
  private static final int FACTOR_MAX = 64;
  private static final int PEERS_MAX = 1024;

  private record Sentence(Instant until, int factor) {}

  private final Map<PeerId, Sentence> sentences = new LinkedHashMap<>();
  private final Set<PeerId> doubted = new LinkedHashSet<>();

  /** For a minute at first, twice as long each time until a round with it succeeds. */
  void add(PeerId peer, Instant now) {
    Sentence before = sentences.remove(peer);
    int factor = before == null ? 1 : Math.min(FACTOR_MAX, 2 * before.factor());
    sentences.put(peer, new Sentence(now.plus(FIRST.multipliedBy(factor)), factor));
    if (sentences.size() > PEERS_MAX) {
      sentences.remove(sentences.keySet().iterator().next());
    }
  }

  /** Its round could not succeed: once may be bad luck, and from the second on it is shunned. */
  void doubt(PeerId peer, Instant now) {
    if (!doubted.add(peer)) {
      add(peer, now);
    }
    if (doubted.size() > PEERS_MAX) {
      doubted.remove(doubted.iterator().next());
    }
  }

  void forgive(PeerId peer) {
    sentences.remove(peer);
    doubted.remove(peer);
  }

  boolean contains(PeerId peer, Instant now) {
    Sentence sentence = sentences.get(peer);
    return sentence != null && sentence.until().isAfter(now);
  }
}
