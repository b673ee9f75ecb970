/**
 * How a newcomer gets the model: a snapshot in hashed pieces, from several donors at once.
 *
 * <p>Used by the program; runs on the peer's loop. Handbook: {@code docs/averaging.md}.
 */
@NullMarked
package org.potluck.averaging.state;

import org.jspecify.annotations.NullMarked;
