package org.potluck.network;

/** How a stream ended. */
public enum StreamEnd {
  /** Both sides closed after sending all they had. */
  FINISHED,
  /** We reset it. */
  RESET_BY_US,
  /** The other side reset it. */
  RESET_BY_REMOTE,
  /** Its connection is gone. */
  CONNECTION_LOST,
  /** Nothing arrived within the idle limit. */
  IDLE;

  /** Whether everything that was written by either side arrived. */
  public boolean finished() {
    return this == FINISHED;
  }
}
