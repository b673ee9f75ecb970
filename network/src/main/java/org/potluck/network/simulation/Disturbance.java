package org.potluck.network.simulation;

import java.util.random.RandomGenerator;

/** What all links suffer at present beyond their profiles; see {@link Faults.Links}. */
final class Disturbance {
  private final RandomGenerator random;
  private Faults.Links links = Faults.Links.NONE;
  private boolean active;

  Disturbance(RandomGenerator random) {
    this.random = random;
  }

  void set(Faults.Links newLinks) {
    links = newLinks;
    active = !newLinks.equals(Faults.Links.NONE);
  }

  boolean active() {
    return active;
  }

  double lossShare() {
    return links.lossShare();
  }

  /** One way, for the life of a connection. */
  long drawConnectionNanos() {
    long min = links.delayMin().toNanos();
    long above = links.delayMean().toNanos() - min;
    return min + (above == 0 ? 0 : Math.round(Chance.exponential(random, (double) above)));
  }

  long drawJitterNanos() {
    long max = links.jitterMax().toNanos();
    return max == 0 ? 0 : random.nextLong(max + 1);
  }

  /** How often the unluckiest of {@code packets} must be repeated. */
  int drawRepeats(long packets) {
    double someLost = 1 - StrictMath.pow(1 - links.lossShare(), (double) packets);
    int repeats = 0;
    double share = someLost;
    while (random.nextDouble() < share && repeats < 64) {
      repeats++;
      share = links.lossShare();
    }
    return repeats;
  }
}
