package org.potluck.network.simulation;

import java.util.BitSet;

/**
 * Keeps what one set of peers sends from reaching another, until it heals. What is sent meanwhile
 * arrives afterwards, as TCP repeats it, unless the connection is given up before.
 */
public final class Partition {
  private final Simulation simulation;
  private final BitSet from;
  private final BitSet to;
  private final boolean bothWays;
  private boolean healed;

  Partition(Simulation simulation, BitSet from, BitSet to, boolean bothWays) {
    this.simulation = simulation;
    this.from = from;
    this.to = to;
    this.bothWays = bothWays;
  }

  /** Lets everything pass again. */
  public void heal() {
    if (!healed) {
      healed = true;
      simulation.healed(this);
    }
  }

  boolean lasts() {
    return !healed;
  }

  boolean separates(int sender, int receiver) {
    return (from.get(sender) && to.get(receiver))
        || (bothWays && from.get(receiver) && to.get(sender));
  }

  boolean concerns(int one, int other) {
    return separates(one, other) || separates(other, one);
  }
}
