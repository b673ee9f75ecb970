/**
 * The frames in which averaging speaks: a length, a kind, a body, each bounded before it is read.
 *
 * <p>Used by the packages beside it only; runs on the peer's loop. Handbook: {@code
 * docs/averaging.md}.
 */
@NullMarked
package org.potluck.averaging.wire;

import org.jspecify.annotations.NullMarked;
