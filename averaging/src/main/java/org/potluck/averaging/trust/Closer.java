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
  /** More chunks than this are not looked at for their direction in one round. */
  private static final int DIRECTIONS = 8;

  private static final int KEPT = 4;

  /** At none. */
  static final Closer NOT = new Closer(chunk -> false, -1, chunk -> false);

  /**
   * @param chunks numbers of those that this peer reduces
   * @param random chooses; whoever could guess it could behave just there
   */
  static Closer drawn(List<Integer> chunks, int audited, RandomGenerator random) {
    IntPredicate direction = some(DIRECTIONS, chunks, random);
    return audited < 0
        ? new Closer(direction, -1, chunk -> false)
        : new Closer(direction, audited, some(KEPT, chunks, random));
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
