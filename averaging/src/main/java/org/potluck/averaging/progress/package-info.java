/**
 * How far is everybody: each peer's signed word on its own progress, and what the swarm concludes.
 *
 * <p>Used by the program to decide when a round is due; runs on the peer's loop. Handbook: {@code
 * docs/averaging.md}.
 */
@NullMarked
package org.potluck.averaging.progress;

import org.jspecify.annotations.NullMarked;
