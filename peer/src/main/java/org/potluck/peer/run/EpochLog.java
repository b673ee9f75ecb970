package org.potluck.peer.run;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.potluck.monitor.EpochStatus;
import org.potluck.monitor.Monitor;
import org.potluck.network.PeerId;

/**
 * The finished epochs, told at once and again when more is known: peers report their loss one by
 * one, and how many samples were averaged comes out when the members of the rounds have told.
 *
 * <p>Not safe for threads; lives on the loop.
 */
final class EpochLog {
  private static final int EPOCHS_OPEN = 64;

  /** A claim of more than so many target batches is not believed. */
  private static final double BATCHES_MAX = 16;

  private final Monitor monitor;
  private final long targetBatch;
  private final int tokensPerSample;
  private final TreeMap<Long, Epoch> epochs = new TreeMap<>();
  private long tokensBefore;
  private long tokensBeforeEpoch;

  /** One epoch as known so far. */
  private static final class Epoch {
    final Instant at;
    final double seconds;
    final Map<PeerId, Double> losses = new LinkedHashMap<>();
    @Nullable EpochStatus told;
    boolean news = true;

    Epoch(Instant at, double seconds) {
      this.at = at;
      this.seconds = seconds;
    }
  }

  /**
   * @param last what is remembered from before, if anything
   */
  EpochLog(Monitor monitor, long targetBatch, int tokensPerSample, Optional<EpochStatus> last) {
    this.monitor = monitor;
    this.targetBatch = targetBatch;
    this.tokensPerSample = tokensPerSample;
    tokensBefore = last.map(EpochStatus::tokensTotal).orElse(0L);
    tokensBeforeEpoch = last.map(EpochStatus::epoch).orElse(0L);
  }

  /** Most of the swarm has reached {@code epoch}. */
  void reached(long epoch, Instant at, Instant before) {
    epochs.put(epoch, new Epoch(at, Duration.between(before, at).toMillis() / 1e3));
    if (epochs.size() > EPOCHS_OPEN) {
      Map.Entry<Long, Epoch> oldest = epochs.pollFirstEntry();
      EpochStatus told = oldest.getValue().told;
      if (told != null) {
        tokensBefore = told.tokensTotal();
        tokensBeforeEpoch = told.epoch();
      }
    }
  }

  /** What {@code peer} says its mean loss was in the epoch that ended with {@code epoch}. */
  void loss(long epoch, PeerId peer, double loss) {
    Epoch known = epochs.get(epoch);
    if (known != null && Double.isFinite(loss) && known.losses.size() < 4_096) {
      Double before = known.losses.put(peer, loss);
      known.news |= before == null || before != loss;
    }
  }

  /**
   * Tells every epoch of which more is known than was told.
   *
   * @param roundsToo whether there may be news of the rounds; otherwise only of the losses
   */
  void tell(RoundLog rounds, boolean roundsToo) {
    long total = tokensBefore;
    long previous = tokensBeforeEpoch;
    for (Map.Entry<Long, Epoch> entry : epochs.entrySet()) {
      long epoch = entry.getKey();
      Epoch known = entry.getValue();
      EpochStatus told = known.told;
      if (told != null && !known.news && !roundsToo) {
        total = told.tokensTotal();
        previous = epoch;
        continue;
      }
      known.news = false;
      // Epochs that passed unseen had their target batch, too.
      total += Math.max(0, epoch - previous - 1) * targetBatch * tokensPerSample;
      previous = epoch;
      OptionalDouble counted = rounds.samples(epoch - 1);
      boolean plausible = counted.orElse(Double.MAX_VALUE) <= BATCHES_MAX * targetBatch;
      long samples = plausible ? Math.round(counted.getAsDouble()) : targetBatch;
      total += samples * tokensPerSample;
      EpochStatus status =
          new EpochStatus(
              epoch,
              known.at,
              mean(known.losses, rounds.weights(epoch - 1)),
              samples,
              plausible,
              samples * tokensPerSample,
              total,
              known.seconds,
              known.losses.size());
      if (!status.equals(told) && Double.isFinite(status.loss())) {
        known.told = status;
        monitor.epoch(status);
      }
    }
  }

  /** By what each brought where that is known, otherwise all alike. */
  private static double mean(Map<PeerId, Double> losses, Map<PeerId, Double> weights) {
    double sum = 0;
    double all = 0;
    for (Map.Entry<PeerId, Double> entry : losses.entrySet()) {
      double weight = weights.getOrDefault(entry.getKey(), 0.0);
      sum += weight * entry.getValue();
      all += weight;
    }
    return all > 0
        ? sum / all
        : losses.values().stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
