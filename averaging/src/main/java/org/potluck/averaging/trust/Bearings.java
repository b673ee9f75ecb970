package org.potluck.averaging.trust;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.potluck.network.PeerId;

/**
 * What has been measured of each peer over the last rounds.
 *
 * <p>The gradient of a few samples may in one round have little to do with that of others, and
 * nothing is wrong with it. Over some rounds honest peers agree with the rest, so the mean of a few
 * rounds is judged, never one. The same holds for what is heard back of a reducer.
 */
final class Bearings {
  private static final int ROUNDS_KEPT = 5;
  private static final int ROUNDS_MIN = 3;
  private static final int PEERS_MAX = 4096;

  private final Map<PeerId, Deque<Double>> ratios = new LinkedHashMap<>();

  /**
   * @param mean of the ratios
   * @param rounds over how many; at least three
   */
  record Trend(double mean, int rounds) {}

  /**
   * @param ratio about 1 for honest peers; it counts as -1 to 1
   * @return the mean of it and those of the rounds before; empty while they are too few
   */
  Optional<Trend> after(PeerId peer, double ratio) {
    Deque<Double> kept = ratios.computeIfAbsent(peer, absent -> new ArrayDeque<>());
    kept.addLast(Math.clamp(ratio, -1, 1));
    if (kept.size() > ROUNDS_KEPT) {
      kept.removeFirst();
    }
    if (ratios.size() > PEERS_MAX) {
      ratios.remove(ratios.keySet().iterator().next());
    }
    double mean = kept.stream().mapToDouble(Double::doubleValue).average().orElse(1);
    return kept.size() < ROUNDS_MIN ? Optional.empty() : Optional.of(new Trend(mean, kept.size()));
  }
}
