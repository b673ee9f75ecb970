package org.potluck.network.simulation;

import java.util.Locale;
import java.util.function.IntFunction;
import java.util.zip.CRC32;

/**
 * What has happened so far: all of it as one hash, the newest of it in words.
 *
 * <p>The hash covers kind, time, peers and delivered bytes of every event in order, so two runs
 * with one hash did the same things. It is no cryptographic hash; nobody forges timelines.
 */
final class Timeline {
  private static final int RECENT_MAX = 256;
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  private final EventKind[] kinds = new EventKind[RECENT_MAX];
  private final long[] times = new long[RECENT_MAX];
  private final int[] peers = new int[RECENT_MAX];
  private final int[] others = new int[RECENT_MAX];
  private final long[] details = new long[RECENT_MAX];
  private final CRC32 crc = new CRC32();
  private long hash;
  private long count;

  void record(EventKind kind, long nanos, int peer, int other, long detail) {
    int slot = (int) (count++ % RECENT_MAX);
    kinds[slot] = kind;
    times[slot] = nanos;
    peers[slot] = peer;
    others[slot] = other;
    details[slot] = detail;
    mix(nanos);
    mix(((long) kind.name().hashCode() << 32) ^ ((long) peer << 20) ^ other);
    mix(detail);
  }

  void recordContent(byte[] bytes) {
    crc.reset();
    crc.update(bytes);
    mix(crc.getValue());
  }

  long hash() {
    return hash;
  }

  long count() {
    return count;
  }

  /** The newest events, oldest first, one line each. */
  String recent(int linesMax, IntFunction<String> nameOf) {
    StringBuilder text = new StringBuilder();
    long first = Math.max(0, count - Math.min(linesMax, RECENT_MAX));
    for (long at = first; at < count; at++) {
      int slot = (int) (at % RECENT_MAX);
      String peer = peers[slot] < 0 ? "-" : nameOf.apply(peers[slot]);
      String other = others[slot] < 0 ? "" : " from " + nameOf.apply(others[slot]);
      text.append(
          String.format(
              Locale.ROOT,
              "%n  %.6f s  %-12s %s %d%s",
              times[slot] / 1e9,
              peer,
              kinds[slot],
              details[slot],
              other));
    }
    return text.toString();
  }

  private void mix(long value) {
    hash = Long.rotateLeft((hash ^ value) * MULTIPLIER, 29);
  }
}
