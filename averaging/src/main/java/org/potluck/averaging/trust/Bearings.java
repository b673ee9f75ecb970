package org.potluck.averaging.trust;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.potluck.network.PeerId;

/**
 * Where each peer has pointed over the last rounds.
 *
 * <p>The gradient of a few samples may in one round have little to do with that of others, and
 * nothing is wrong with it. Over some rounds honest peers agree with the rest, so the mean of a few
 * rounds is judged, never one.
 */
final class Bearings {
  private static final int ROUNDS_KEPT = 5;
  private static final int ROUNDS_MIN = 3;
  private static final int PEERS_MAX = 4096;
  private static final double CONTRADICTS_BELOW = -0.2;
  private static final double UNRELATED_BELOW = 0.12;

  private final Map<PeerId, Deque<Double>> ratios = new LinkedHashMap<>();

  /**
   * @param ratio see {@link Direction#ratio}
   * @return what follows from it and the rounds before
   */
  Optional<Charge> after(PeerId peer, double ratio) {
    Deque<Double> kept = ratios.computeIfAbsent(peer, absent -> new ArrayDeque<>());
    kept.addLast(Math.clamp(ratio, -1, 1));
    if (kept.size() > ROUNDS_KEPT) {
      kept.removeFirst();
    }
    if (ratios.size() > PEERS_MAX) {
      ratios.remove(ratios.keySet().iterator().next());
    }
    double mean = kept.stream().mapToDouble(Double::doubleValue).average().orElse(1);
    if (kept.size() < ROUNDS_MIN || mean >= UNRELATED_BELOW) {
      return Optional.empty();
    }
    boolean away = mean < CONTRADICTS_BELOW;
    String what = away ? "points away from the others'" : "has nothing to do with the others'";
    return Optional.of(
        new Charge(
            away ? Misdeed.CONTRADICTS : Misdeed.UNRELATED,
            1,
            String.format(
                Locale.ROOT,
                "what it contributes %s (agreement %.2f of theirs in %d rounds)",
                what,
                mean,
                kept.size())));
  }
}
