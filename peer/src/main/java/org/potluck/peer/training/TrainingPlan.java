package org.potluck.peer.training;

/**
 * What the training thread has to do.
 *
 * @param targetBatch samples of the whole swarm per epoch
 * @param microBatch samples this peer computes at once
 * @param epochs the run is complete after so many; zero for never
 * @param drawer who draws samples: a number of this peer's own
 * @param beginWith trainers that have to be there before the first epoch begins
 */
public record TrainingPlan(
    long targetBatch, int microBatch, long epochs, long drawer, int beginWith) {
  public TrainingPlan {
    if (targetBatch < 1 || microBatch < 1 || epochs < 0 || beginWith < 1) {
      throw new IllegalArgumentException(
          "not a plan: %d, %d, %d, %d".formatted(targetBatch, microBatch, epochs, beginWith));
    }
  }

  /** Waits for nobody. */
  public TrainingPlan(long targetBatch, int microBatch, long epochs, long drawer) {
    this(targetBatch, microBatch, epochs, drawer, 1);
  }

  /** Whether it is too early for the very first step of the run. */
  boolean waitsAt(long epoch, int peers) {
    return epoch == 0 && peers < beginWith;
  }

  boolean completeAt(long epoch) {
    return epochs > 0 && epoch >= epochs;
  }
}
