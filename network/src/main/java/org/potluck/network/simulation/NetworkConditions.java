package org.potluck.network.simulation;

import java.time.Duration;

/**
 * What holds for the whole simulated network: sizes of the transport, and how faults show.
 *
 * @param segmentBytes the unit in which streams share a link; smaller is fairer and slower
 * @param overheadBytes framing and encryption on top of each segment, counted as traffic
 * @param windowBytes how much a stream sends before the receiver has taken it
 * @param highWaterBytes queued bytes from which a stream is no longer writable; low water is half
 * @param setUpRoundTrips round trips before a connection can be used: one for TCP, one for TLS
 * @param crashDetection added to the delay of the path before a crash is seen by those connected
 * @param silenceLimit after which a connection whose other side cannot be heard is given up
 * @param dialLimit for one address that does not answer, before the next one is tried
 * @param repeatsMax a connection is lost with a packet that was lost this many times in a row
 */
public record NetworkConditions(
    int segmentBytes,
    int overheadBytes,
    int windowBytes,
    int highWaterBytes,
    int setUpRoundTrips,
    Duration crashDetection,
    Duration silenceLimit,
    Duration dialLimit,
    int repeatsMax) {
  public NetworkConditions {
    if (segmentBytes < 1 || overheadBytes < 0 || windowBytes < 1 || highWaterBytes < 2) {
      throw new IllegalArgumentException("sizes must be positive");
    }
    if (setUpRoundTrips < 1 || repeatsMax < 1) {
      throw new IllegalArgumentException(
          "connecting takes at least one round trip, repeating at least one repeat");
    }
    if (crashDetection.isNegative() || !silenceLimit.isPositive() || !dialLimit.isPositive()) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  /**
   * Segments of 16 KiB with 34 bytes of yamux and TLS around them, windows of 1 MiB, TCP and TLS
   * 1.3 in two round trips, silence noticed after 30 s.
   */
  public static NetworkConditions usual() {
    return new NetworkConditions(
        16 << 10,
        34,
        1 << 20,
        256 << 10,
        2,
        Duration.ZERO,
        Duration.ofSeconds(30),
        Duration.ofSeconds(10),
        8);
  }

  public NetworkConditions withSegmentBytes(int bytes) {
    return new NetworkConditions(
        bytes,
        overheadBytes,
        windowBytes,
        highWaterBytes,
        setUpRoundTrips,
        crashDetection,
        silenceLimit,
        dialLimit,
        repeatsMax);
  }

  public NetworkConditions withWindowBytes(int bytes) {
    return new NetworkConditions(
        segmentBytes,
        overheadBytes,
        bytes,
        highWaterBytes,
        setUpRoundTrips,
        crashDetection,
        silenceLimit,
        dialLimit,
        repeatsMax);
  }

  /** How soon crashes and silence are noticed. */
  public NetworkConditions withDetection(Duration newCrashDetection, Duration newSilenceLimit) {
    return new NetworkConditions(
        segmentBytes,
        overheadBytes,
        windowBytes,
        highWaterBytes,
        setUpRoundTrips,
        newCrashDetection,
        newSilenceLimit,
        dialLimit,
        repeatsMax);
  }
}
