package org.potluck.dht.storage;

/**
 * How much one node keeps.
 *
 * @param recordsMax records in all
 * @param bytesMax their bytes, about
 * @param recordsPerKeyMax entries of one dictionary
 * @param bytesPerKeyMax bytes of one dictionary; it has to fit into one answer
 * @param recordsPerOwnerMax records of one signing peer, or unsigned ones brought by one peer, over
 *     all keys
 */
public record StorageLimits(
    int recordsMax,
    long bytesMax,
    int recordsPerKeyMax,
    int bytesPerKeyMax,
    int recordsPerOwnerMax) {
  /** For what peers store here. */
  public static final StorageLimits DEFAULTS =
      new StorageLimits(100_000, 64L << 20, 2048, 2 << 20, 256);

  /** For what is kept only to answer sooner. */
  public static final StorageLimits CACHE =
      new StorageLimits(20_000, 16L << 20, 2048, 2 << 20, 256);

  public StorageLimits {
    if (recordsMax < 1
        || bytesMax < 1
        || recordsPerKeyMax < 1
        || bytesPerKeyMax < 1
        || recordsPerOwnerMax < 1) {
      throw new IllegalArgumentException("limits of storage must be positive");
    }
  }
}
