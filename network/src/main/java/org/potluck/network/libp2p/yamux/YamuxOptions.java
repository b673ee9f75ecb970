package org.potluck.network.libp2p.yamux;

/**
 * The limits of a session.
 *
 * @param streamsMax streams open at once, both directions together
 * @param windowBytesMax what a stream's receive window may grow to; it starts at the
 *     specification's 256 KiB
 * @param windowsBytesMax all receive windows of the session together may not grow beyond this
 * @param growthBytesMax nor may those of all sessions that share a {@link WindowBudget} grow by
 *     more
 * @param writeHighWaterBytes a stream with so much queued is not writable
 * @param writeLowWaterBytes and is again below this
 */
public record YamuxOptions(
    int streamsMax,
    int windowBytesMax,
    long windowsBytesMax,
    long growthBytesMax,
    int writeHighWaterBytes,
    int writeLowWaterBytes) {
  /** For links of up to a gigabit per second and a quarter of a second. */
  public static final YamuxOptions DEFAULTS =
      new YamuxOptions(1024, 64 << 20, 256L << 20, 512L << 20, 1 << 20, 256 << 10);
}
