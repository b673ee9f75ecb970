package org.potluck.averaging.progress;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * How far the swarm is with its target batch, and when it will be there, as one peer sees it.
 *
 * <p>A pure function of what was heard: everybody else's word is older than it looks, so whoever
 * trains is taken to have done since then what its rate says, up to the micro-batch it is at.
 *
 * @param epoch of the swarm: the newest that a live trainer has reached
 * @param samples reported for that epoch by all, this peer included
 * @param peers that train, this one included
 * @param untilDue until the target batch is there when all go on; {@link #NEVER} when nobody trains
 * @param untilDueByOthers the same when this peer does nothing more
 */
public record Outlook(
    long epoch, long samples, int peers, Duration untilDue, Duration untilDueByOthers) {
  /** Longer than any round is waited for. */
  public static final Duration NEVER = Duration.ofDays(1);

  /** Who has said nothing for so many of its micro-batches may have died: it is not counted on. */
  private static final double STEPS_BELIEVED = 3;

  /** What a trainer says while it computes. */
  public static final String TRAINING = "TRAINING";

  /**
   * What the run's peers gather.
   *
   * @param samples of the whole swarm per epoch
   * @param microBatch samples a peer computes at once
   */
  public record Target(long samples, int microBatch) {
    public Target {
      if (samples < 1 || microBatch < 1) {
        throw new IllegalArgumentException("not a target: " + samples + ", " + microBatch);
      }
    }
  }

  /**
   * @param others live trainers
   */
  public static Outlook of(
      PeerProgress own, List<SwarmProgress.Heard> others, Target target, Instant now) {
    long epoch = own.epoch();
    for (SwarmProgress.Heard other : others) {
      epoch = Math.max(epoch, other.progress().epoch());
    }
    long samples = own.epoch() == epoch ? own.samples() : 0;
    double underWay = 0;
    double rate = 0;
    for (SwarmProgress.Heard other : others) {
      PeerProgress word = other.progress();
      if (word.epoch() != epoch) {
        continue;
      }
      samples += word.samples();
      double seconds = Duration.between(other.since(), now).toNanos() / 1e9;
      double step = target.microBatch() / word.samplesPerSecond();
      boolean overdue = seconds > STEPS_BELIEVED * step;
      if (word.activity().equals(TRAINING) && plausibleRate(word) && !overdue) {
        rate += word.samplesPerSecond();
        underWay += Math.min(target.microBatch(), word.samplesPerSecond() * seconds);
      }
    }
    double missing = Math.max(0, target.samples() - samples - underWay);
    double ownRate = own.epoch() == epoch && plausibleRate(own) ? own.samplesPerSecond() : 0;
    return new Outlook(
        epoch, samples, others.size() + 1, time(missing, rate + ownRate), time(missing, rate));
  }

  private static boolean plausibleRate(PeerProgress word) {
    return word.samplesPerSecond() > 0 && Double.isFinite(word.samplesPerSecond());
  }

  private static Duration time(double missing, double rate) {
    if (rate <= 0) {
      return NEVER;
    }
    double seconds = Math.min(missing / rate, (double) NEVER.toSeconds());
    return Duration.ofNanos((long) (seconds * 1e9));
  }
}
