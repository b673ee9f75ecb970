/**
 * Who stands where in the space of ids: the k-buckets of one node, and whom not to ask for a while.
 *
 * <p>Knows nothing of calls or time: what happened and the present instant are arguments. Belongs
 * to the peer's loop.
 */
@NullMarked
package org.potluck.dht.routing;

import org.jspecify.annotations.NullMarked;
