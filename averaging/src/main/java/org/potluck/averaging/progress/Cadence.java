package org.potluck.averaging.progress;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.potluck.network.PeerId;

/**
 * Whom it is time to tell how far we are.
 *
 * <p>Everybody tells everybody, so words grow with the square of the swarm. What changes nothing
 * but a count of samples, which others foresee from the rate, waits until its turn has come: a peer
 * sends so many words a second however many there are. In a swarm of ten that is a word to each
 * after every twentieth of a second, in one of a thousand after five.
 */
final class Cadence {
  static final int WORDS_PER_SECOND = 200;

  /** Whoever is not heard of for long is taken for gone, so everybody hears of us by then. */
  static final Duration LONGEST = Duration.ofSeconds(5);

  private record Told(long sequence, Instant at) {}

  private final Map<PeerId, Told> told = new TreeMap<>();

  /** {@code peer} gets the word numbered {@code sequence}, or has it as an answer. */
  void told(PeerId peer, long sequence, Instant now) {
    told.put(peer, new Told(sequence, now));
  }

  void forget(PeerId peer) {
    told.remove(peer);
  }

  /** How long after a word to a peer the next one follows, where {@code peers} are to be told. */
  static Duration every(int peers) {
    Duration fair = Duration.ofSeconds(peers).dividedBy(WORDS_PER_SECOND);
    return fair.compareTo(LONGEST) < 0 ? fair : LONGEST;
  }

  /** Whether the last word to {@code peer} was {@code every} ago or more. */
  boolean due(PeerId peer, Duration every, Instant now) {
    Told last = told.get(peer);
    return last == null || !last.at.plus(every).isAfter(now);
  }

  /** Whether {@code peer} has not been told the word numbered {@code sequence}. */
  boolean lacks(PeerId peer, long sequence) {
    Told last = told.get(peer);
    return last == null || last.sequence < sequence;
  }
}
