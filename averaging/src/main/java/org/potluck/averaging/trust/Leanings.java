package org.potluck.averaging.trust;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.potluck.network.PeerId;

/**
 * Whether what a peer brings, beside what all bring and have brought, is the same from one round to
 * the next.
 *
 * <p>The gradient of other data points elsewhere, or away from the others: where a model serves two
 * kinds of text, what is good for one is bad for the other, and the closer the model is to the best
 * for both, the more so. By its direction alone an honest peer with text of its own so looks like
 * noise, or like a flipped sign. But what it wants, it wants in the next round again. Noise is new
 * each time; and of flipped or late gradients nothing lasts but what points along the present sum
 * or an earlier average, and that is taken away before the rest is compared.
 */
final class Leanings {
  private static final int PEERS_MAX = 64;
  private static final int PLACES_MIN = 100;

  /** Of a cosine of random vectors, taken away: what may be chance is nothing. */
  private static final double CHANCE_DEVIATIONS = 2;

  /** Whoever reduces a tenth of the vector reduces another one in the next round. */
  private static final int ROUNDS_KEPT = 8;

  private final Map<PeerId, Deque<List<Piece>>> kept = new LinkedHashMap<>();
  private int stride;

  /**
   * What is left of a contribution at consecutive places of the vector.
   *
   * @param first number of the first place
   */
  record Piece(int first, float[] values) {
    int end() {
      return first + values.length;
    }
  }

  /**
   * Remembers what a peer brought.
   *
   * @param pieces in the order of their places
   * @param placesApart from one place to the next, in values
   * @return its cosine with what it brought to the last round of which the same places are known,
   *     over these, less what may be chance; empty where they are few
   */
  OptionalDouble after(PeerId peer, List<Piece> pieces, int placesApart) {
    if (placesApart != stride) {
      kept.clear();
      stride = placesApart;
    }
    Deque<List<Piece>> rounds = kept.remove(peer);
    if (rounds == null) {
      rounds = new ArrayDeque<>();
    }
    OptionalDouble cosine =
        rounds.stream()
            .map(before -> cosine(before, pieces))
            .filter(OptionalDouble::isPresent)
            .findFirst()
            .orElse(OptionalDouble.empty());
    rounds.addFirst(pieces);
    if (rounds.size() > ROUNDS_KEPT) {
      rounds.removeLast();
    }
    kept.put(peer, rounds);
    if (kept.size() > PEERS_MAX) {
      kept.remove(kept.keySet().iterator().next());
    }
    return cosine;
  }

  private static OptionalDouble cosine(List<Piece> before, List<Piece> now) {
    double along = 0;
    double square = 0;
    double squareBefore = 0;
    int places = 0;
    int other = 0;
    for (Piece piece : now) {
      while (other < before.size() && before.get(other).end() <= piece.first()) {
        other++;
      }
      for (int at = other; at < before.size() && before.get(at).first() < piece.end(); at++) {
        Piece then = before.get(at);
        int from = Math.max(piece.first(), then.first());
        int to = Math.min(piece.end(), then.end());
        for (int place = from; place < to; place++) {
          double value = piece.values()[place - piece.first()];
          double valueThen = then.values()[place - then.first()];
          along += value * valueThen;
          square += value * value;
          squareBefore += valueThen * valueThen;
        }
        places += to - from;
      }
    }
    boolean something = square > 0 && squareBefore > 0;
    return places >= PLACES_MIN && something
        ? OptionalDouble.of(
            along / Math.sqrt(square * squareBefore) - CHANCE_DEVIATIONS / Math.sqrt(places))
        : OptionalDouble.empty();
  }
}
