package org.potluck.monitor.history;

/** The kinds of entry, with how many of each are kept per run and what happens beyond. */
public enum Kind {
  /** The run itself, one entry. */
  RUN(1, false),
  /** One per epoch; the older half is thinned to every second one when full. */
  EPOCH(20_000, true),
  /** The list of peers as it was when an epoch ended. */
  PEERS(1_000, true),
  ROUND(5_000, false),
  SAMPLE(500, true),
  NOTICE(2_000, false);

  final int entriesMax;

  /** Whether a full kind loses every second entry of its older half instead of its oldest. */
  final boolean thinned;

  Kind(int entriesMax, boolean thinned) {
    this.entriesMax = entriesMax;
    this.thinned = thinned;
  }
}
