package org.potluck.averaging.state;

import java.time.Duration;
import org.potluck.network.NetworkException;

/** Why a donor sends no more chunks on a stream. */
sealed interface Setback {
  /** It has no place; to be asked again in {@code pause}. */
  record Busy(Duration pause) implements Setback {}

  /** It no longer has the state. */
  record Gone() implements Setback {}

  /** It, or the way to it, is at fault. */
  record Failed(NetworkException why) implements Setback {}

  /** It owed nothing. */
  record Idle() implements Setback {}
}
