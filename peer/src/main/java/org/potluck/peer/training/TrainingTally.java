package org.potluck.peer.training;

import java.time.Duration;

/** Running counts of one peer's training, for its report. Confined to the training thread. */
public final class TrainingTally {
  private long samples;
  private long roundsAveraged;
  private long roundsFailed;
  private double lossFirst = Double.NaN;
  private double lossLast = Double.NaN;
  private Duration training = Duration.ZERO;
  private Duration averaging = Duration.ZERO;

  void trained(int count, Duration took) {
    samples += count;
    training = training.plus(took);
  }

  void averaged(Duration took) {
    roundsAveraged++;
    averaging = averaging.plus(took);
  }

  void failed(Duration took) {
    roundsFailed++;
    averaging = averaging.plus(took);
  }

  void loss(double loss) {
    if (Double.isNaN(lossFirst)) {
      lossFirst = loss;
    }
    lossLast = loss;
  }

  public long samples() {
    return samples;
  }

  public long roundsAveraged() {
    return roundsAveraged;
  }

  public long roundsFailed() {
    return roundsFailed;
  }

  /** Nats per token in the first epoch; NaN before its end. */
  public double lossFirst() {
    return lossFirst;
  }

  public double lossLast() {
    return lossLast;
  }

  public Duration training() {
    return training;
  }

  public Duration averaging() {
    return averaging;
  }
}
