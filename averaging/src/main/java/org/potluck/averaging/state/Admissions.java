package org.potluck.averaging.state;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.potluck.network.PeerId;

/**
 * Who may download from this peer now, and when others are to come again.
 *
 * <p>All at once would share the uplink so thinly that nobody is done before the state is old.
 * Therefore a few have places and the others stand in a line, in the order in which they came. A
 * place that becomes free is kept for the first of the line until it was to come again, and a
 * little longer; so nobody is passed for ever, and who does not come holds up nobody for long.
 */
final class Admissions {
  private static final int LINE_MAX = 256;
  private static final Duration WAIT_MAX = Duration.ofSeconds(30);

  /** How much later than told one may come. */
  private static final Duration SLACK = Duration.ofSeconds(3);

  private final int placesMax;
  private final Duration waitMin;
  private final Map<PeerId, Instant> placesSince = new LinkedHashMap<>();

  /** When each is expected, at the latest. */
  private final Map<PeerId, Instant> line = new LinkedHashMap<>();

  /** How long a download usually has its place. */
  private Duration usual;

  Admissions(int placesMax, Duration waitMin) {
    this.placesMax = placesMax;
    this.waitMin = waitMin;
    this.usual = waitMin;
  }

  /**
   * Gives {@code peer} a place, or tells it when to come again.
   *
   * @return empty with a place
   */
  Optional<Duration> admit(PeerId peer, Instant now) {
    line.values().removeIf(until -> !now.isBefore(until));
    if (placesSince.containsKey(peer)) {
      return Optional.empty();
    }
    int ahead = aheadOf(peer);
    if (placesSince.size() + ahead < placesMax) {
      line.remove(peer);
      placesSince.put(peer, now);
      return Optional.empty();
    }
    if (!line.containsKey(peer) && line.size() >= LINE_MAX) {
      return Optional.of(WAIT_MAX);
    }
    Duration wait = wait(ahead, now);
    line.put(peer, now.plus(wait).plus(SLACK));
    return Optional.of(wait);
  }

  /** {@code peer} has given its place back. */
  void left(PeerId peer, Instant now) {
    Instant since = placesSince.remove(peer);
    if (since != null) {
      usual = usual.multipliedBy(3).plus(Duration.between(since, now)).dividedBy(4);
    }
  }

  /** How many have places. */
  int places() {
    return placesSince.size();
  }

  /** Whether anybody waits for a place. */
  boolean wanted(Instant now) {
    return line.values().stream().anyMatch(now::isBefore);
  }

  private int aheadOf(PeerId peer) {
    int ahead = 0;
    for (PeerId waiting : line.keySet()) {
      if (waiting.equals(peer)) {
        return ahead;
      }
      ahead++;
    }
    return ahead;
  }

  /**
   * Until the place is free that falls to one with {@code ahead} before it, if all goes as usual.
   */
  private Duration wait(int ahead, Instant now) {
    Duration first =
        placesSince.values().stream()
            .min(Comparator.naturalOrder())
            .map(since -> Duration.between(now, since.plus(usual)))
            .orElse(Duration.ZERO);
    Duration wait = first.plus(usual.multipliedBy(ahead / placesMax));
    if (wait.compareTo(waitMin) < 0) {
      return waitMin;
    }
    return wait.compareTo(WAIT_MAX) > 0 ? WAIT_MAX : wait;
  }
}
