package org.potluck.monitor;

import java.util.List;

/**
 * What the program tells the dashboard. Every method may be called from any thread, returns at once
 * and never blocks; a report that finds the queue full is dropped and counted.
 */
public interface Monitor {
  /** The run this program takes part in; reports that follow belong to it. */
  void run(RunInfo run);

  /** Everyone known at this moment, this peer included; replaces the list before. */
  void peers(List<PeerStatus> peers);

  /** An epoch that was finished. The peers as last reported become the snapshot of that epoch. */
  void epoch(EpochStatus epoch);

  /** A round that was settled; reporting the same id again replaces it. */
  void round(RoundStatus round);

  /** When the next round is expected, and what it waits for. */
  void next(NextRound next);

  /** A text the model wrote. */
  void sample(ModelSample sample);

  /** Something worth a sentence. */
  void event(Notice notice);
}
