/**
 * How fast the arithmetic runs on this machine; what {@code potluck bench codec} calls. One thread,
 * the caller's.
 */
@NullMarked
package org.potluck.averaging.bench;

import org.jspecify.annotations.NullMarked;
