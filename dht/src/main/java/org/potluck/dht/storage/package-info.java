/**
 * What one node keeps for others: records under keys, bounded in number and bytes, gone when they
 * expire.
 *
 * <p>Only what {@code records} has validated comes in here. Belongs to the peer's loop. The rules
 * are told in {@code docs/dht.md}.
 */
@NullMarked
package org.potluck.dht.storage;

import org.jspecify.annotations.NullMarked;
