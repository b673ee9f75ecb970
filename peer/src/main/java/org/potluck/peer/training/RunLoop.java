package org.potluck.peer.training;

/** What a peer does in its run, on a thread of its own. */
public interface RunLoop {
  /** Takes part until {@link #stop}, the last epoch, or an interrupt. */
  void run() throws InterruptedException;

  /**
   * Asks {@link #run} to return after the micro-batch at hand, or the exchange if one has begun; a
   * round that has not is given up. From any thread.
   */
  void stop();

  /**
   * Asks {@link #run} to return after the next step, so that peers that are asked at about the same
   * time end at one epoch. From any thread.
   */
  void finish();

  /** What was done so far; the loop's own, to be read after {@link #run} has returned. */
  TrainingTally tally();
}
