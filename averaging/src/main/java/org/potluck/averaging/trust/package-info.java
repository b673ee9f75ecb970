/**
 * Whom do we believe: what may enter an average, what we think of those who brought it, and what we
 * tell others of that.
 *
 * <p>{@link org.potluck.averaging.trust.Trust} is what a peer knows of all others, {@link
 * org.potluck.averaging.trust.Screen} what it lets in, and sees of them, in one round. A round that
 * has ended goes one way: {@code Sightings} sums what was seen, {@code Habits} says what follows
 * from this round and those before, and {@code Reputation} holds it against peers, or for them;
 * from that the next round's {@code Admission} is made. The deciding classes take plain numbers and
 * the time as arguments. Used by {@code matchmaking}, {@code exchange} and {@code progress}; runs
 * on the peer's loop, only {@code Screen.look} beside it. Handbook: {@code docs/trust.md}.
 */
@NullMarked
package org.potluck.averaging.trust;

import org.jspecify.annotations.NullMarked;
