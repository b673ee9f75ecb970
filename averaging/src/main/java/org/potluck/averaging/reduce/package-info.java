/**
 * The arithmetic of a reducer: a weighted mean that is a pure function of the contributions.
 *
 * <p>Used by {@code exchange}; confined to one thread at a time, usually the peer's event loop;
 * blocks never. Handbook: {@code docs/averaging.md}.
 */
@NullMarked
package org.potluck.averaging.reduce;

import org.jspecify.annotations.NullMarked;
