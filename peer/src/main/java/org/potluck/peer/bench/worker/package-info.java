/**
 * What runs inside the processes that a benchmark starts: a peer that does what it is told, line by
 * line.
 *
 * <p>Orders come on standard input, replies go to standard output, one JSON object a line; a worker
 * whose input ends goes. One thread reads and carries out orders; the peer's loop is {@link
 * org.potluck.peer.run.Node}'s. Handbook: {@code docs/benchmarks.md}.
 */
@NullMarked
package org.potluck.peer.bench.worker;

import org.jspecify.annotations.NullMarked;
