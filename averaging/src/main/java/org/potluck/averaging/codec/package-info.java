/**
 * How a span of float32 values becomes bytes on a link, and back.
 *
 * <p>{@link org.potluck.averaging.codec.Codec} is the seam, {@link
 * org.potluck.averaging.codec.Codecs} finds one by its name, {@link
 * org.potluck.averaging.codec.CodecLadder} chooses those of a round. Codecs are pure functions:
 * safe on any thread, the same bits on every machine. Only {@link
 * org.potluck.averaging.codec.ErrorFeedback} has a memory, for one stream of vectors. A caller that
 * receives bytes from the network asks {@code wellFormed} once, at the gate; after that decoding
 * cannot fail and cannot bring a value that is not finite.
 *
 * <p>The loops are written with the Vector API over memory off the heap, in place; other memory is
 * staged. Handbook: {@code docs/codecs.md}; layouts: {@code docs/wire.md}.
 */
@NullMarked
package org.potluck.averaging.codec;

import org.jspecify.annotations.NullMarked;
