package org.potluck.peer.training;

/**
 * What the training thread has to do.
 *
 * @param targetBatch samples of the whole swarm per epoch
 * @param microBatch samples this peer computes at once
 * @param epochs the run is complete after so many; zero for never
 * @param drawer who draws samples: a number of this peer's own
 */
public record TrainingPlan(long targetBatch, int microBatch, long epochs, long drawer) {
  public TrainingPlan {
    if (targetBatch < 1 || microBatch < 1 || epochs < 0) {
      throw new IllegalArgumentException("not a plan: " + targetBatch + ", " + microBatch);
    }
  }

  boolean completeAt(long epoch) {
    return epochs > 0 && epoch >= epochs;
  }
}
