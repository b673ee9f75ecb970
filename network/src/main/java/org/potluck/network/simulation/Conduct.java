package org.potluck.network.simulation;

/**
 * How one peer behaves apart from its network, as drawn from the {@link Faults}; simulated logic
 * asks for it.
 *
 * @param slowdown how many times as long computing takes; 1 is as it should be
 * @param contributionFactor a liar multiplies its contribution by this; 1 is honest
 */
public record Conduct(double slowdown, double contributionFactor) {
  public static final Conduct HONEST = new Conduct(1, 1);
}
