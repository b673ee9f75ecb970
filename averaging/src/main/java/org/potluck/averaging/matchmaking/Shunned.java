package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.potluck.network.PeerId;

/**
 * Leaders that kept this peer waiting until the limit; not followed for a while.
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

  /** For a minute at first, twice as long each time until a round with it succeeds. */
  void add(PeerId peer, Instant now) {
    Sentence before = sentences.remove(peer);
    int factor = before == null ? 1 : Math.min(FACTOR_MAX, 2 * before.factor());
    sentences.put(peer, new Sentence(now.plus(FIRST.multipliedBy(factor)), factor));
    if (sentences.size() > PEERS_MAX) {
      sentences.remove(sentences.keySet().iterator().next());
    }
  }

  void forgive(PeerId peer) {
    sentences.remove(peer);
  }

  boolean contains(PeerId peer, Instant now) {
    Sentence sentence = sentences.get(peer);
    return sentence != null && sentence.until().isAfter(now);
  }
}
