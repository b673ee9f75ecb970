/**
 * Whom do we believe: what may enter an average, what we think of those who brought it, and what we
 * tell others of that.
 *
 * <p>{@link org.potluck.averaging.trust.Trust} is what a peer knows of all others, {@link
 * org.potluck.averaging.trust.Screen} what it sees of them in one round. The deciding classes take
 * plain numbers and the time as arguments. Used by {@code matchmaking}, {@code exchange} and {@code
 * progress}; runs on the peer's loop, only {@code Screen.look} beside it. Handbook: {@code
 * docs/trust.md}.
 */
@NullMarked
package org.potluck.averaging.trust;

import org.jspecify.annotations.NullMarked;
