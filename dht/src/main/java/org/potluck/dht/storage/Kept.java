package org.potluck.dht.storage;

import org.jspecify.annotations.Nullable;
import org.potluck.dht.records.DhtRecord;
import org.potluck.network.PeerId;

/**
 * A record with the owner whose signature was checked, if it has one.
 *
 * @param payer whose share of the room it takes: the owner, else who brought it
 */
record Kept(DhtRecord record, @Nullable PeerId owner, PeerId payer) {}
