/**
 * The composition of a running peer: network, dht, averaging, trainer and dashboard, wired.
 *
 * <p>The only code that crosses between the peer's event loop and blocking threads. Handbook:
 * {@code docs/runs.md}.
 */
@NullMarked
package org.potluck.peer.run;

import org.jspecify.annotations.NullMarked;
