package org.potluck.peer.bench;

import java.util.ArrayDeque;
import java.util.Deque;
import org.potluck.peer.bench.worker.Effort;

/**
 * Rounds that do not count, until the just-in-time compilers are done. Peers do rounds for days, so
 * what they take once compiled is what a run sees; how many rounds that needs depends on the
 * machine and on how many processes share it.
 */
final class Warmup {
  /** Compilers that worked for less than this share of the processor time are done. */
  private static final double QUIET = 0.05;

  /** Looked at together: a single compilation may end in any one round. */
  private static final int LAST = 5;

  private static final int AT_LEAST = 15;

  /** More may not help: something then keeps the compilers busy, and the figures tell. */
  private static final int AT_MOST = 120;

  private final Deque<Effort> last = new ArrayDeque<>();
  private int rounds;

  void add(Effort effort) {
    rounds++;
    last.addLast(effort);
    if (last.size() > LAST) {
      last.removeFirst();
    }
  }

  int rounds() {
    return rounds;
  }

  boolean done() {
    Effort all = last.stream().reduce(Effort.NONE, Effort::plus);
    boolean quiet = all.compiler() <= QUIET * all.processor();
    return rounds >= AT_MOST || (rounds >= AT_LEAST && quiet);
  }
}
