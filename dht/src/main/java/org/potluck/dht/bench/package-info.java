/**
 * Measures the DHT: the shape of hivemind's own benchmark over processes, and larger swarms in the
 * simulated network.
 *
 * <p>Nothing of the DHT depends on this package. What each case does is told in {@code
 * docs/benchmarks.md}.
 */
@NullMarked
package org.potluck.dht.bench;

import org.jspecify.annotations.NullMarked;
