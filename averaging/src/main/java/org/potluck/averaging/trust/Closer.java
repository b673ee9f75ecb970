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
 * @param audited the member whose contribution is to be computed again; -1 for none
 * @param kept those of that member's chunks that are kept for it
 */
record Closer(IntPredicate direction, int audited, IntPredicate kept) {
  /**
   * Directions are not looked at over more values than this in one round. Plans cut small chunks on
   * slow links, so a number of chunks would say little.
   */
  private static final int DIRECTION_VALUES = 2 << 20;

  private static final int KEPT_VALUES = 4 * Screen.EXCERPT_VALUES;

  /** At none. */
  static final Closer NOT = new Closer(chunk -> false, -1, chunk -> false);

  /**
   * @param chunks numbers of those that this peer reduces
   * @param valuesMax values of the longest chunk
   * @param random chooses; whoever could guess it could behave just there
   */
  static Closer drawn(List<Integer> chunks, int valuesMax, int audited, RandomGenerator random) {
    int values = Math.max(1, valuesMax);
    IntPredicate direction = some(Math.ceilDiv(DIRECTION_VALUES, values), chunks, random);
    int kept = Math.ceilDiv(KEPT_VALUES, Math.min(values, Screen.EXCERPT_VALUES));
    return audited < 0
        ? new Closer(direction, -1, chunk -> false)
        : new Closer(direction, audited, some(kept, chunks, random));
  }

  private static IntPredicate some(int count, List<Integer> chunks, RandomGenerator random) {
    if (chunks.size() <= count) {
      return chunk -> true;
    }
    Set<Integer> drawn = new LinkedHashSet<>();
    while (drawn.size() < count) {
      drawn.add(chunks.get(random.nextInt(chunks.size())));
    }
    return drawn::contains;
  }
}
