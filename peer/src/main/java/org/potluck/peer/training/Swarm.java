package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import org.potluck.averaging.RoundOutcome;
import org.potluck.trainer.TrainerState;

/** What the training thread asks of the other peers. Called from that thread; calls may block. */
public interface Swarm {
  /**
   * Tells the others how far this peer is and returns what is known of all of them. Never waits.
   */
  SwarmView report(OwnProgress progress);

  /** Whether a peer that was heard of lately has not reached {@code epoch}. Never waits. */
  boolean othersBehind(long epoch);

  /** The last word: nobody need wait for this peer any more. */
  void leave(OwnProgress progress);

  /** Waits until the view may have changed, {@code limit} at most. */
  void awaitChange(Duration limit) throws InterruptedException;

  /**
   * Averages {@code gradients} with the peers that are at {@code epoch}; waits for the outcome.
   *
   * @param samples how many are behind the gradients; may be zero
   */
  RoundOutcome average(long epoch, MemorySegment gradients, long samples)
      throws InterruptedException;

  /**
   * Downloads a state newer than {@code epoch}; waits for it.
   *
   * @return empty when nobody could give one just now
   */
  Optional<TrainerState> download(long epoch) throws InterruptedException;

  /** Offers {@code state} to newcomers from now on. It is not changed afterwards. */
  void offer(TrainerState state, String digest);

  /**
   * What a peer says of itself.
   *
   * @param samples accumulated in this epoch
   * @param samplesTotal since this peer started
   * @param loss this peer's mean loss in the epoch before, nats per token; NaN before the first
   * @param digest of the parameters at {@code epoch}
   */
  record OwnProgress(
      long epoch,
      long samples,
      long samplesTotal,
      double samplesPerSecond,
      double loss,
      String digest,
      Activity activity) {}

  /** What the peer is busy with. */
  enum Activity {
    TRAINING,
    AVERAGING,
    DOWNLOADING
  }

  /**
   * What is known of the swarm.
   *
   * @param epoch of the swarm: the newest that any live peer has reached
   * @param samples accumulated by all peers at that epoch, this one included
   * @param peers that train and were heard of lately, this one included
   */
  record SwarmView(long epoch, long samples, int peers) {}
}
