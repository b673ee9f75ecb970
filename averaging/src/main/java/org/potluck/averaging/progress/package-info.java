/**
 * How far everybody is: the word that makes a round due.
 *
 * <p>Runs on the peer's loop, on the port alone. Handbook: {@code docs/averaging.md}.
 */
@NullMarked
package org.potluck.averaging.progress;

import org.jspecify.annotations.NullMarked;
