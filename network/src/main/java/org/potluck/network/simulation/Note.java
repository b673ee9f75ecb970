package org.potluck.network.simulation;

import java.time.Duration;
import java.util.Locale;

/**
 * A sentence of the story of a simulation: what a person wants to know of it.
 *
 * @param at virtual time since the start
 * @param peer the name of whom it is about, or empty
 * @param topic one word to sort by, for instance {@code crashed} or {@code round}
 */
public record Note(Duration at, String peer, String topic, String text) {
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "%.3f s  %-12s %s: %s", at.toNanos() / 1e9, peer, topic, text);
  }
}
