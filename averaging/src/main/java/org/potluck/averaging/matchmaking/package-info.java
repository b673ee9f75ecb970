/**
 * Finds the group of a round: who leads, who follows, and the plan everybody is told.
 *
 * <p>Used by {@code org.potluck.averaging}; runs on the peer's loop. Handbook: {@code
 * docs/averaging.md}.
 */
@NullMarked
package org.potluck.averaging.matchmaking;

import org.jspecify.annotations.NullMarked;
