package org.potluck.averaging.trust;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.potluck.network.PeerId;

/**
 * How many samples a peer can have computed since its last contribution.
 *
 * <p>A weight is a peer's own word, and whoever claims a thousand samples owns the average. What
 * can be known: how fast the peer says that it is, all the time and to everybody; how much it
 * brought in which time before; and that a round is due when all together have the target batch. A
 * claim is plausible up to several times what these allow.
 *
 * <p>Peers do not end a round in the same instant, and a busy machine hears late that it has: where
 * epochs take a tenth of a second, honest peers were refused for what they had computed before.
 */
final class Speeds {
  private static final double MARGIN = 3;

  /** So much earlier than here a round may have ended elsewhere. */
  private static final double SLACK_SECONDS = 1;

  private static final int PEERS_MAX = 4096;

  private static final class Seen {
    /** When it last brought something that was taken; what it did before is not known. */
    @Nullable Instant since;

    double saidPerSecond;
  }

  private final Map<PeerId, Seen> seen = new LinkedHashMap<>();
  private double weightMax = Double.MAX_VALUE;
  private double stepSamples;

  /**
   * @param target samples of the whole swarm per epoch
   * @param step samples that a peer computes at once
   */
  void expect(double target, double step) {
    weightMax = target + 2 * step;
    stepSamples = step;
  }

  /** A peer says of itself how many samples it computes in a second. */
  void said(PeerId peer, double samplesPerSecond) {
    Seen one = seen(peer);
    if (samplesPerSecond > 0 && Double.isFinite(samplesPerSecond)) {
      one.saidPerSecond = samplesPerSecond;
    }
  }

  /** A contribution was taken: from now on it computes for the next. */
  void counted(PeerId peer, Instant now) {
    seen(peer).since = now;
  }

  /** The most that is plausible now. */
  double limit(PeerId peer, Instant now) {
    Seen one = seen.get(peer);
    if (one == null || one.since == null || one.saidPerSecond == 0) {
      return weightMax;
    }
    double seconds = SLACK_SECONDS + Math.max(0, seconds(one.since, now));
    double likely = MARGIN * one.saidPerSecond * seconds;
    return Math.min(weightMax, 2 * stepSamples + likely);
  }

  private static double seconds(Instant since, Instant now) {
    return Duration.between(since, now).toNanos() / 1e9;
  }

  private Seen seen(PeerId peer) {
    Seen one = seen.computeIfAbsent(peer, absent -> new Seen());
    if (seen.size() > PEERS_MAX) {
      seen.remove(seen.keySet().iterator().next());
    }
    return one;
  }
}
