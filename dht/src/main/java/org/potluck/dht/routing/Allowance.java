package org.potluck.dht.routing;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.potluck.network.PeerId;

/**
 * How much each caller may still ask of this node: a bucket per caller that fills steadily, from
 * which every key and every record of a call takes one.
 */
public final class Allowance {
  private static final int CALLERS_MAX = 4096;

  private final int burst;
  private final double perSecond;
  private final Duration untilFull;

  /** Of those who asked lately, in the order in which they asked last; all others' are full. */
  private final Map<PeerId, Level> levels = new LinkedHashMap<>();

  /**
   * @param burst what a caller that was quiet may ask at once
   * @param perSecond how fast it fills again
   */
  public Allowance(int burst, double perSecond) {
    this.burst = burst;
    this.perSecond = perSecond;
    untilFull = Duration.ofNanos((long) Math.ceil(burst / perSecond * 1e9));
  }

  private record Level(double left, Instant at) {}

  /** Whether {@code caller} may ask for {@code count} now; it then counts as asked. */
  public boolean take(PeerId caller, int count, Instant now) {
    Level level = levels.remove(caller);
    double left = burst;
    if (level != null) {
      double seconds = Duration.between(level.at, now).toNanos() / 1e9;
      left = Math.min(burst, level.left + seconds * perSecond);
    }
    boolean granted = left >= count;
    levels.put(caller, new Level(granted ? left - count : left, now));
    forget(now.minus(untilFull));
    return granted;
  }

  /** How many callers are remembered. */
  int callers() {
    return levels.size();
  }

  private void forget(Instant fullSince) {
    Iterator<Level> oldest = levels.values().iterator();
    while (oldest.hasNext()) {
      boolean full = oldest.next().at.isBefore(fullSince);
      if (!full && levels.size() <= CALLERS_MAX) {
        return;
      }
      oldest.remove();
    }
  }
}
