package org.potluck.averaging.trust;

import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.reduce.Inspector;

/**
 * Lets contributions to a chunk into an average by their length: those that are made of numbers,
 * and are not many times as long as others'; see {@link NormLimit}.
 */
final class NormGate {
  /**
   * Times the limit. The gradient of text that the model does not know is long: the worst seen of
   * an honest peer, the only one with its kind of text, was 1.1 times the limit in some chunks.
   */
  private static final double HELD_FROM = 3;

  private final double[] weights;
  private final double medianWeight;
  private final long length;
  private final double[] usual;
  private final double typical;
  private final boolean judgesLength;

  /**
   * @param weights of the members
   * @param length values of the vector
   * @param usual root mean square of a value by region, from earlier rounds; NaN where not known
   * @param typical the same over this peer's own contribution; 0 without one
   * @param judgesLength whether numbers can be too large
   */
  NormGate(double[] weights, long length, double[] usual, double typical, boolean judgesLength) {
    this.weights = weights;
    this.medianWeight = Medians.ofPositive(weights);
    this.length = length;
    this.usual = usual;
    this.typical = typical;
    this.judgesLength = judgesLength;
  }

  /**
   * @param judged whose contributions it is about
   * @param norms of these; infinite of what is no numbers
   * @param voices the norms of those by whom the others are measured; NaN for all others
   * @return by member why a contribution is left out; of no share where nothing is held against
   *     whoever brought it
   */
  Map<Integer, Charge> judge(
      Inspector.Chunk chunk, BitSet judged, double[] norms, double[] voices) {
    double perValue = Math.sqrt(chunk.values());
    double before = usual[NormHistory.region(chunk.from(), chunk.values(), length)] * perValue;
    double limit = NormLimit.of(voices, before, typical * perValue);
    double reference = NormLimit.reference(voices, before);
    Map<Integer, Charge> refused = new TreeMap<>();
    judged.stream()
        .forEach(
            member -> {
              Charge charge = judge(norms[member], limit, reference, weights[member]);
              if (charge != null) {
                refused.put(member, charge);
              }
            });
    return refused;
  }

  private @Nullable Charge judge(double norm, double limit, double reference, double weight) {
    if (Double.isInfinite(norm)) {
      return new Charge(Misdeed.NO_NUMBERS, 1, Screen.NO_NUMBERS);
    }
    double allowed = limit * NormLimit.allowance(weight, medianWeight);
    if (judgesLength && limit > 0 && norm > allowed) {
      return new Charge(
          Misdeed.TOO_LARGE,
          norm > HELD_FROM * allowed ? 1 : 0,
          "its contribution is %.0f times as long as the others'"
              .formatted(norm / Math.max(reference, limit / 50)));
    }
    return null;
  }
}
