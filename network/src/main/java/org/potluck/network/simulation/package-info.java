/**
 * What would happen if: a network in virtual time.
 *
 * <p>A {@link org.potluck.network.simulation.Simulation} holds any number of peers in one thread.
 * It carries the same bytes between the same protocol classes that run on libp2p, through links
 * with delay and bandwidth, past crashes, partitions and stalls, all drawn from one seed. Same
 * seed, same timeline: a failure is a seed and a commit. Used by tests and by {@code potluck
 * simulate}; nothing else may depend on it. Handbook: {@code docs/simulator.md}.
 */
@NullMarked
package org.potluck.network.simulation;

import org.jspecify.annotations.NullMarked;
