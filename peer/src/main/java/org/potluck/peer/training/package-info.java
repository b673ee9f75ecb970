/**
 * The training thread of a peer: compute until a round is due, average, step, again.
 *
 * <p>Blocking code on one thread of its own; it sees the swarm through {@link
 * org.potluck.peer.training.Swarm} and the model through {@code org.potluck.trainer.Trainer}, so
 * that neither knows the other. Handbook: {@code docs/runs.md}.
 */
@NullMarked
package org.potluck.peer.training;

import org.jspecify.annotations.NullMarked;
