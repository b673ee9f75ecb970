package org.potluck.peer.training;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.progress.Outlook;
import org.potluck.averaging.state.Barred;
import org.potluck.averaging.state.Step;
import org.potluck.averaging.trust.Audit;
import org.potluck.trainer.TrainerState;

/** What the training thread asks of the other peers. Called from that thread; calls may block. */
public interface Swarm {
  /**
   * Tells the others how far this peer is and returns what is known of all of them. Never waits.
   */
  SwarmView report(OwnProgress progress);

  /**
   * Takes part in no round that has not begun; {@link #average} returns soon. From any thread, at
   * once.
   */
  void withdraw();

  /**
   * Whether a peer that was heard of lately, and is not banned here, has not reached {@code epoch}.
   * Never waits.
   */
  boolean othersBehind(long epoch);

  /** The last word: nobody need wait for this peer any more. */
  void leave(OwnProgress progress);

  /** Waits until the view may have changed, {@code limit} at most. */
  void awaitChange(Duration limit) throws InterruptedException;

  /**
   * Averages {@code gradients} with the peers that are at {@code epoch}; waits for the outcome. Its
   * average is there until this is called again.
   *
   * @param samples how many are behind the gradients; may be zero
   */
  RoundOutcome average(long epoch, MemorySegment gradients, long samples)
      throws InterruptedException;

  /** What this peer is to compute again of the round just averaged; asked once. Never waits. */
  default Optional<Audit> audit() {
    return Optional.empty();
  }

  /** That has been done; see {@link Audit#similarity}. */
  default void audited(Audit audit, double similarity) {}

  /**
   * Downloads the swarm's state when this peer at {@code epoch} is behind; waits for it.
   *
   * @return empty when nobody could give one just now
   */
  Optional<TrainerState> download(long epoch) throws InterruptedException;

  /**
   * The step that the others took from the parameters that this peer has at {@code epoch}; waits
   * for it.
   *
   * @return empty when nobody could give it, or the swarm has gone further than anybody would keep
   */
  default Optional<Step> missed(long epoch, String digest) throws InterruptedException {
    return Optional.empty();
  }

  /**
   * Why neither {@link #missed} nor {@link #download} would give anything just now: all who could
   * have banned this peer. Empty where somebody might.
   */
  default Optional<Barred> barred() {
    return Optional.empty();
  }

  /**
   * Whether what the last {@link #missed} or {@link #download} gave was taken. Those who gave what
   * was not are not believed for a while.
   */
  default void judged(boolean taken) {}

  /**
   * {@code step} was taken here, and leads to the state that is offered next. It is kept for those
   * who missed it.
   */
  default void passed(Step step) {}

  /** Offers {@code state} to newcomers from now on. It is not changed afterwards. */
  void offer(TrainerState state, String digest);

  /**
   * What a peer says of itself.
   *
   * @param samples accumulated in this epoch
   * @param samplesTotal since this peer started
   * @param loss this peer's mean loss in the epoch before, nats per token; NaN before the first
   * @param digest of the parameters at {@code epoch}
   * @param lastEpoch at which this peer will leave; zero while it means to stay
   */
  record OwnProgress(
      long epoch,
      long samples,
      long samplesTotal,
      double samplesPerSecond,
      double loss,
      String digest,
      Activity activity,
      long lastEpoch) {}

  /** What the peer is busy with. */
  enum Activity {
    TRAINING,
    /** The others will have the rest of the target batch sooner than it could. */
    WAITING,
    AVERAGING,
    /** Computing again what another peer has brought. */
    AUDITING,
    DOWNLOADING,
    /** The others have banned it, and give it nothing yet. */
    BANNED
  }

  /**
   * What is known of the swarm.
   *
   * @param epoch of the swarm: the newest that any live peer has reached
   * @param behind whether this peer's parameters are not those of the swarm: older, or of peers
   *     that trained apart; then it has to download them
   * @param contested whether only half of the peers, or fewer, claim what this one is behind
   * @param samples accumulated by all peers for those parameters, this one included
   * @param peers that train and were heard of lately, this one included
   * @param called whether the round of this peer's epoch waits for it
   * @param covered whether the others will have gathered the rest before this peer would be half
   *     through another micro-batch: then all wait less when it begins none
   * @param lastEpoch the newest epoch at which another peer has said that it leaves; zero for none
   */
  record SwarmView(
      long epoch,
      boolean behind,
      boolean contested,
      long samples,
      int peers,
      boolean called,
      boolean covered,
      long lastEpoch) {
    /**
     * What {@code outlook} comes to for a peer that is so far.
     *
     * @param microBatch samples that it computes at once
     * @param called the epoch for which the leader has last called it
     */
    public static SwarmView of(
        Outlook outlook, OwnProgress own, int microBatch, long called, long lastEpoch) {
      double step = own.samplesPerSecond() > 0 ? microBatch / own.samplesPerSecond() : 0;
      return new SwarmView(
          outlook.epoch(),
          outlook.behind(),
          outlook.contested(),
          outlook.samples(),
          outlook.peers(),
          called == own.epoch(),
          outlook.untilDueByOthers().toNanos() / 1e9 < step / 2,
          lastEpoch);
    }

    /** A view of a swarm in which nothing is about to happen. */
    public SwarmView(long epoch, boolean behind, long samples, int peers) {
      this(epoch, behind, false, samples, peers, false, false, 0);
    }
  }
}
