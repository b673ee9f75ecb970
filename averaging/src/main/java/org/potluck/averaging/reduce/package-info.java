/**
 * The arithmetic of a reducer: a weighted mean that is a pure function of the contributions.
 *
 * <p>Confined to one thread at a time, usually the peer's event loop; blocks never. Handbook:
 * {@code docs/codecs.md}.
 */
@NullMarked
package org.potluck.averaging.reduce;

import org.jspecify.annotations.NullMarked;
