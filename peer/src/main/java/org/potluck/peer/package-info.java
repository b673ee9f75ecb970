/**
 * One program: the composition of everything else.
 *
 * <p>The only place that reads the command line and the manifest, creates threads, and wires
 * network, dht, averaging, trainer and dashboard together. Nobody depends on it. Handbook: {@code
 * docs/runs.md}.
 */
@NullMarked
package org.potluck.peer;

import org.jspecify.annotations.NullMarked;
