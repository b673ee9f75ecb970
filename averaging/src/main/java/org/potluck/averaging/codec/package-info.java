/**
 * How a span of float32 values becomes bytes on a link, and back.
 *
 * <p>Everything here is a pure function without state: safe on any thread, the same bits on every
 * machine. {@link org.potluck.averaging.codec.Codec} is the seam, {@link
 * org.potluck.averaging.codec.Codecs} finds one by its wire number. A caller that receives bytes
 * from the network asks {@code wellFormed} once, at the gate; after that decoding cannot fail and
 * cannot bring a value that is not finite.
 *
 * <p>The arithmetic runs on small arrays that stay in the first-level cache, whatever memory the
 * caller holds: bulk copies in and out cost little, and the loops always see the same types, so the
 * compiler vectorises them once and for all. Handbook: {@code docs/codecs.md}.
 */
@NullMarked
package org.potluck.averaging.codec;

import org.jspecify.annotations.NullMarked;
