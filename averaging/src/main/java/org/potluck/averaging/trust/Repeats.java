package org.potluck.averaging.trust;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.potluck.network.PeerId;

/**
 * Finds contributions that were brought before.
 *
 * <p>Other samples and other parameters make another gradient, so nobody honest brings the same
 * values twice. A few values of each contribution are kept for some rounds. They are compared by
 * their distance, not bit by bit: chunks are cut anew each round, and a codec rounds by its blocks.
 */
final class Repeats {
  static final int ROUNDS_KEPT = 16;
  private static final int PEERS_MAX = 256;
  private static final int VALUES_MIN = 24;

  /** Of the length; what codecs round away stays below, what other samples change does not. */
  private static final double SAME_WITHIN = 0.01;

  private final Map<PeerId, Deque<Probes>> kept = new LinkedHashMap<>();

  /**
   * Values of a contribution at some places of the vector.
   *
   * @param places rising
   */
  record Probes(int[] places, float[] values) {}

  /** Whether the contribution is one that the peer brought before; remembers it. */
  boolean repeated(PeerId peer, Probes now) {
    Deque<Probes> before = kept.computeIfAbsent(peer, absent -> new ArrayDeque<>());
    boolean same = before.stream().anyMatch(then -> same(then, now));
    before.addLast(now);
    if (before.size() > ROUNDS_KEPT) {
      before.removeFirst();
    }
    if (kept.size() > PEERS_MAX) {
      kept.remove(kept.keySet().iterator().next());
    }
    return same;
  }

  static boolean same(Probes one, Probes other) {
    int common = 0;
    double difference = 0;
    double length = 0;
    int j = 0;
    for (int i = 0; i < one.places().length; i++) {
      while (j < other.places().length && other.places()[j] < one.places()[i]) {
        j++;
      }
      if (j < other.places().length && other.places()[j] == one.places()[i]) {
        double a = one.values()[i];
        double b = other.values()[j];
        common += a == 0 && b == 0 ? 0 : 1;
        difference += (a - b) * (a - b);
        length += a * a;
      }
    }
    return common >= VALUES_MIN && difference <= SAME_WITHIN * SAME_WITHIN * length;
  }
}
