package org.potluck.averaging.state;

import java.time.Instant;

/**
 * Why nobody gives a peer what it lacks: all who have it have banned it.
 *
 * @param by how many peers have said so
 * @param of how many other peers there are
 * @param reason what most of them say it has done, without its subject
 * @param until when the first of them is to be asked again
 */
public record Barred(int by, int of, String reason, Instant until) {
  @Override
  public String toString() {
    return "banned by %d of %d peers: %s".formatted(by, of, reason);
  }
}
