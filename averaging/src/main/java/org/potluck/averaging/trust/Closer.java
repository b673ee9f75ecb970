package org.potluck.averaging.trust;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/**
 * At which chunks of a round a reducer looks more closely than at all.
 *
 * @param direction those of which it is seen where everybody points
 * @param echo those of others' averages in which this peer looks for its own contribution
 * @param audited the member whose contribution is to be computed again; -1 for none
 * @param kept those of that member's chunks that are kept for it
 */
record Closer(IntPredicate direction, IntPredicate echo, int audited, IntPredicate kept) {
  /**
   * Directions are not looked at over more values than this in one round. Plans cut small chunks on
   * slow links, so a number of chunks would say little.
   */
  private static final int DIRECTION_VALUES = 2 << 20;

  private static final int KEPT_VALUES = 4 * Screen.EXCERPT_VALUES;

  /** At none. */
  static final Closer NOT = new Closer(chunk -> false, chunk -> false, -1, chunk -> false);

  /**
   * @param chunks numbers of those that each member reduces
   * @param self this peer's place
   * @param valuesMax values of the longest chunk
   * @param random chooses; whoever could guess it could behave just there
   */
  static Closer drawn(
      List<List<Integer>> chunks, int self, int valuesMax, int audited, RandomGenerator random) {
    int values = Math.max(1, valuesMax);
    List<Integer> own = chunks.get(self);
    int most = Math.ceilDiv(DIRECTION_VALUES, values);
    IntPredicate direction = some(most, own, random);
    int each = Math.max(1, most / chunks.size());
    // In a group of so few it would say nothing of anybody.
    IntPredicate echo =
        chunks.size() <= Echo.REDUCERS_MIN
            ? chunk -> false
            : chunks.stream()
                .map(of -> some(each, of, random))
                .reduce(chunk -> false, IntPredicate::or);
    int kept = Math.ceilDiv(KEPT_VALUES, Math.min(values, Screen.EXCERPT_VALUES));
    return audited < 0
        ? new Closer(direction, echo, -1, chunk -> false)
        : new Closer(direction, echo, audited, some(kept, own, random));
  }

  private static IntPredicate some(int count, List<Integer> chunks, RandomGenerator random) {
    if (chunks.size() <= count) {
      return new LinkedHashSet<>(chunks)::contains;
    }
    Set<Integer> drawn = new LinkedHashSet<>();
    while (drawn.size() < count) {
      drawn.add(chunks.get(random.nextInt(chunks.size())));
    }
    return drawn::contains;
  }
}
