/**
 * Moves and reduces the data of one round: butterfly all-reduce that survives its members.
 *
 * <p>Used by {@code org.potluck.averaging}; runs on the peer's loop. Handbook: {@code
 * docs/averaging.md}.
 */
@NullMarked
package org.potluck.averaging.exchange;

import org.jspecify.annotations.NullMarked;
