/**
 * {@code potluck bench}: how fast the parts of the program are on this machine.
 *
 * <p>The names of cases and metrics are fixed, so that figures can be followed over time. Nothing
 * depends on this package but the command line; its threads are its own. Handbook: {@code
 * docs/benchmarks.md}.
 */
@NullMarked
package org.potluck.peer.bench;

import org.jspecify.annotations.NullMarked;
