package org.potluck.averaging.progress;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How far the swarm is with its target batch, and when it will be there, as one peer sees it.
 *
 * <p>A pure function of what was heard: everybody else's word is older than it looks, so whoever
 * trains is taken to have done since then what its rate says, up to the micro-batch it is at.
 *
 * <p>Peers that trained apart for a while hold different models. The swarm's is the one that was
 * trained furthest, at equal epochs the one that more peers hold, then the one whose digest sorts
 * first, so that all come to the same choice; what is gathered for another does not count.
 *
 * <p>Only trainers gather samples; auxiliaries hold a model as they do. Whoever has no place in
 * rounds does not count, not even for itself, unless it is alone.
 *
 * @param epoch of the swarm: the newest that a live participant has reached
 * @param model digest of the swarm's parameters at that epoch
 * @param behind whether this peer holds others, so that it has to download these
 * @param contested whether it is behind only what half of those who have taken a step claim, or
 *     fewer: they may be the ones that trained on, or liars. Never for a peer that does not train,
 *     which believes most from the start
 * @param samples reported for that model by all, this peer included
 * @param peers that train, this one included if it does
 * @param untilDue until the target batch is there when all go on; {@link #NEVER} when nobody trains
 * @param untilDueByOthers the same when this peer does nothing more
 */
public record Outlook(
    long epoch,
    String model,
    boolean behind,
    boolean contested,
    long samples,
    int peers,
    Duration untilDue,
    Duration untilDueByOthers) {
  /** Longer than any round is waited for. */
  public static final Duration NEVER = Duration.ofDays(1);

  /** Of a peer that has heard of nobody and done nothing. */
  public static final Outlook ALONE = new Outlook(0, "", false, false, 0, 1, NEVER, NEVER);

  /** Who has said nothing for so many of its micro-batches may have died: it is not counted on. */
  private static final double STEPS_BELIEVED = 3;

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
   * @param others live participants
   */
  public static Outlook of(
      PeerProgress own, List<SwarmProgress.Heard> others, Target target, Instant now) {
    boolean counts = own.takesPart() || others.isEmpty();
    long epoch = counts ? own.epoch() : 0;
    for (SwarmProgress.Heard other : others) {
      epoch = Math.max(epoch, other.progress().epoch());
    }
    String model = model(epoch, counts ? own.epoch() : -1, own.digest(), others);
    boolean behind = !holds(own, epoch, model);
    long samples = behind ? 0 : own.samples();
    double underWay = 0;
    double rate = 0;
    for (SwarmProgress.Heard other : others) {
      PeerProgress word = other.progress();
      if (!word.trains() || !holds(word, epoch, model)) {
        continue;
      }
      samples += word.samples();
      double seconds = Duration.between(other.since(), now).toNanos() / 1e9;
      double step = target.microBatch() / word.samplesPerSecond();
      boolean overdue = seconds > STEPS_BELIEVED * step;
      if (word.activity().equals(PeerProgress.TRAINING) && plausibleRate(word) && !overdue) {
        rate += word.samplesPerSecond();
        underWay += Math.min(target.microBatch(), word.samplesPerSecond() * seconds);
      }
    }
    double missing = Math.max(0, target.samples() - samples - underWay);
    double ownRate = !behind && plausibleRate(own) ? own.samplesPerSecond() : 0;
    return new Outlook(
        epoch,
        model,
        behind,
        epoch > own.epoch() && own.trains() && isOfFew(epoch, own, others),
        samples,
        trainers(own, others),
        time(missing, rate + ownRate),
        time(missing, rate));
  }

  private static boolean isOfFew(long epoch, PeerProgress own, List<SwarmProgress.Heard> others) {
    long voters = others.stream().filter(other -> other.progress().epoch() > 0).count() + 1;
    long claiming = others.stream().filter(other -> other.progress().epoch() >= epoch).count();
    return own.epoch() > 0 && 2 * claiming <= voters;
  }

  /** Whether {@code word}'s peer holds the swarm's parameters. */
  public boolean isHeldBy(PeerProgress word) {
    return holds(word, epoch, model);
  }

  /** Whether {@code word}'s peer holds the parameters that {@code model} names. */
  static boolean holds(PeerProgress word, long epoch, String model) {
    return word.epoch() == epoch && word.digest().equals(model);
  }

  private static int trainers(PeerProgress own, List<SwarmProgress.Heard> others) {
    long trainers = others.stream().filter(other -> other.progress().trains()).count();
    return (int) trainers + (own.trains() ? 1 : 0);
  }

  /**
   * @param ownEpoch -1 where this peer's model does not count
   */
  private static String model(
      long epoch, long ownEpoch, String ownDigest, List<SwarmProgress.Heard> others) {
    TreeMap<String, Integer> holders = new TreeMap<>();
    if (ownEpoch == epoch) {
      holders.merge(ownDigest, 1, Integer::sum);
    }
    for (SwarmProgress.Heard other : others) {
      if (other.progress().epoch() == epoch) {
        holders.merge(other.progress().digest(), 1, Integer::sum);
      }
    }
    String chosen = holders.firstKey();
    for (Map.Entry<String, Integer> model : holders.entrySet()) {
      if (model.getValue() > holders.getOrDefault(chosen, 0)) {
        chosen = model.getKey();
      }
    }
    return chosen;
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
