package org.potluck.averaging.trust;

import java.time.Duration;
import java.time.Instant;

/**
 * That a peer takes nothing from another, and gives it nothing either.
 *
 * @param reason a sentence for people, without its subject: what the other one has done
 * @param until when it ends, as far as is known
 */
public record Ban(String reason, Instant until) {
  /** No ban is longer. */
  public static final Duration LONGEST = Duration.ofHours(24);
}
