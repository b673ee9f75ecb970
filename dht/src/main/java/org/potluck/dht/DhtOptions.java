package org.potluck.dht;

import java.time.Duration;
import org.potluck.dht.storage.StorageLimits;

/**
 * How a node of the DHT behaves; hivemind's defaults unless said otherwise.
 *
 * @param replicas nodes that keep a record
 * @param bucketSize contacts of a bucket, and the width of the beam in a search
 * @param depthModulo far buckets split until their depth is a multiple of it
 * @param workers calls that each path of a search keeps under way while it still comes nearer
 * @param paths ways a search takes that share no node
 * @param settled nearest nodes that must have answered, or failed, before a search ends
 * @param callTimeout when a call is given up
 * @param lifetimeMax how far ahead an expiration may lie
 * @param upkeepPeriod time between two rounds of upkeep: one bucket refreshed, one bootstrap peer
 *     looked after
 * @param refreshAfter a bucket quiet for so long is searched
 * @param callerBurst keys and records that one caller may ask for or bring at once
 * @param callerPerSecond how many of them it may go on with
 * @param clientOnly stands in nobody's routing table, even when it could be dialed
 * @param storage what this node keeps for others
 * @param cache what it keeps only to answer sooner
 */
public record DhtOptions(
    int replicas,
    int bucketSize,
    int depthModulo,
    int workers,
    int paths,
    int settled,
    Duration callTimeout,
    Duration lifetimeMax,
    Duration upkeepPeriod,
    Duration refreshAfter,
    int callerBurst,
    double callerPerSecond,
    boolean clientOnly,
    StorageLimits storage,
    StorageLimits cache) {
  public static final DhtOptions DEFAULTS =
      new DhtOptions(
          5,
          20,
          5,
          4,
          2,
          8,
          Duration.ofSeconds(3),
          Duration.ofHours(24),
          Duration.ofSeconds(30),
          Duration.ofMinutes(30),
          4096,
          256,
          false,
          StorageLimits.DEFAULTS,
          StorageLimits.CACHE);

  public DhtOptions {
    if (replicas < 1
        || bucketSize < 1
        || depthModulo < 1
        || workers < 1
        || paths < 1
        || settled < replicas) {
      throw new IllegalArgumentException(
          "counts must be positive, and settled at least the number of replicas");
    }
    if (callTimeout.isNegative() || callTimeout.isZero() || !upkeepPeriod.isPositive()) {
      throw new IllegalArgumentException("callTimeout and upkeepPeriod must be positive");
    }
  }

  /** The same, but standing in nobody's routing table. */
  public DhtOptions asClient() {
    return new DhtOptions(
        replicas,
        bucketSize,
        depthModulo,
        workers,
        paths,
        settled,
        callTimeout,
        lifetimeMax,
        upkeepPeriod,
        refreshAfter,
        callerBurst,
        callerPerSecond,
        true,
        storage,
        cache);
  }
}
