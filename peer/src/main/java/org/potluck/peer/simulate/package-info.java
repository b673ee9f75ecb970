/**
 * Scenarios: a whole swarm in virtual time, from one file and one seed.
 *
 * <p>The classes of a real peer run here unchanged, the training loop included; only the network,
 * the clock and the seconds that computing takes are simulated. Everything runs on one thread at a
 * time. Handbook: {@code docs/simulator.md}.
 */
@NullMarked
package org.potluck.peer.simulate;

import org.jspecify.annotations.NullMarked;
