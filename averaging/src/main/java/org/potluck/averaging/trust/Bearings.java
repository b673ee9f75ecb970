package org.potluck.averaging.trust;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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

  private final Map<PeerId, Deque<double[]>> measures = new LinkedHashMap<>();

  /**
   * @param means of what was measured; each over all of the rounds
   * @param rounds over how many; at least three
   */
  record Trend(double[] means, int rounds) {
    /** Where one thing is measured. */
    double mean() {
      return means[0];
    }

    /**
     * A charge that names the mean, and over how many rounds it is.
     *
     * @param what was done, a sentence for people
     * @param figure what the mean is of, as a format of one number
     */
    Charge charge(Misdeed misdeed, String what, String figure) {
      return new Charge(
          misdeed,
          1,
          String.format(Locale.ROOT, "%s (" + figure + " in %d rounds)", what, mean(), rounds));
    }
  }

  /**
   * @param measured this round, always the same things in the same order; counts as -1 to 1
   * @return the means of it and of the rounds before, of what was measured in all of them; empty
   *     while they are too few
   */
  Optional<Trend> after(PeerId peer, double... measured) {
    Deque<double[]> kept = measures.computeIfAbsent(peer, absent -> new ArrayDeque<>());
    kept.addLast(Arrays.stream(measured).map(value -> Math.clamp(value, -1, 1)).toArray());
    if (kept.size() > ROUNDS_KEPT) {
      kept.removeFirst();
    }
    if (measures.size() > PEERS_MAX) {
      measures.remove(measures.keySet().iterator().next());
    }
    return trend(peer);
  }

  /** The same of one thing; empty, too, where nothing was measured in this round. */
  Optional<Trend> after(PeerId peer, OptionalDouble measured) {
    return measured.isPresent() ? after(peer, measured.getAsDouble()) : Optional.empty();
  }

  /** The means of what was measured last, whether anything was in this round or not. */
  Optional<Trend> trend(PeerId peer) {
    Deque<double[]> kept = measures.get(peer);
    if (kept == null || kept.size() < ROUNDS_MIN) {
      return Optional.empty();
    }
    double[] means = new double[kept.stream().mapToInt(each -> each.length).min().orElse(0)];
    for (double[] each : kept) {
      for (int i = 0; i < means.length; i++) {
        means[i] += each[i] / kept.size();
      }
    }
    return Optional.of(new Trend(means, kept.size()));
  }
}
