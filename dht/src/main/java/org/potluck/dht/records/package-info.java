/**
 * What stands in the DHT: ids, MessagePack values, and records with their signatures.
 *
 * <p>Pure functions of their arguments but for the verifier's memory of signatures it has already
 * checked, which belongs to the peer's loop. Layouts: {@code docs/wire.md}, section "DHT".
 */
@NullMarked
package org.potluck.dht.records;

import org.jspecify.annotations.NullMarked;
