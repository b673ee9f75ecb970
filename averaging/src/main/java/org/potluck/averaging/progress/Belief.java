package org.potluck.averaging.progress;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.network.PeerId;

/**
 * Whose word that it is further than we are is believed.
 *
 * <p>Whoever hears that the swarm has moved on stops computing and downloads. A peer that merely
 * says so could hold everybody up. No round begins without more than half of those expected, so
 * what more than half of the others say is believed at once; what fewer say, only when they have
 * said it for a while, since then they may be all that is left of a swarm that newcomers outnumber,
 * and only once we are where most are: what they have can then be held against what we have (see
 * {@link Outlook#contested}). When nobody of those ahead could give the state they claim to have,
 * they are not believed for some time, each time twice as long, and for many times as long as it
 * took to find out.
 *
 * <p>Peers that have not taken a step yet have no vote: they know nothing. A peer that computes
 * nothing cannot hold two models against each other, so it believes most, or the only one there is.
 */
final class Belief {
  private static final Duration MINORITY_AFTER = Duration.ofSeconds(1);
  private static final Duration DOUBT_FIRST = Duration.ofSeconds(10);
  private static final int DOUBT_FACTOR_MAX = 256;

  /** A liar may so take a tenth of the time. */
  private static final int LOST_TIMES = 9;

  private static final int PEERS_MAX = 4096;

  private record Doubt(Instant until, int factor) {}

  private final Map<PeerId, Doubt> doubts = new LinkedHashMap<>();
  private final Map<PeerId, Instant> aheadSince = new LinkedHashMap<>();

  /**
   * They claimed to be ahead and none could show it.
   *
   * @param lost the time that it took to find out: who is not believed for many times as long costs
   *     little, however slowly it fails
   */
  void doubt(List<PeerId> peers, Duration lost, Instant now) {
    for (PeerId peer : peers) {
      Doubt before = doubts.remove(peer);
      int factor = before == null ? 1 : Math.min(DOUBT_FACTOR_MAX, 2 * before.factor());
      Duration usual = DOUBT_FIRST.multipliedBy(factor);
      Duration longer = lost.multipliedBy(LOST_TIMES);
      doubts.put(peer, new Doubt(now.plus(longer.compareTo(usual) > 0 ? longer : usual), factor));
      if (doubts.size() > PEERS_MAX) {
        doubts.remove(doubts.keySet().iterator().next());
      }
    }
  }

  /** What it claimed has proved true. */
  void trust(PeerId peer) {
    doubts.remove(peer);
  }

  /**
   * Those of {@code others} that are at {@code epoch} or behind, and those ahead that are believed.
   *
   * @param judges whether this peer can tell a better model from a worse one
   */
  List<SwarmProgress.Heard> believed(
      long epoch, boolean judges, List<SwarmProgress.Heard> others, Instant now) {
    noteAhead(epoch, others, now);
    long voters = others.stream().filter(heard -> heard.progress().epoch() > 0).count();
    long ofMost =
        others.stream()
            .mapToLong(heard -> heard.progress().epoch())
            .filter(claimed -> isOfMost(claimed, others, voters))
            .max()
            .orElse(0);
    List<SwarmProgress.Heard> believed = new ArrayList<>();
    for (SwarmProgress.Heard heard : others) {
      long claimed = heard.progress().epoch();
      boolean ofFew = ofMost <= epoch && (judges || voters == 1) && believed(heard, voters, now);
      if (claimed <= Math.max(epoch, ofMost) || ofFew) {
        believed.add(heard);
      }
    }
    return believed;
  }

  private static boolean isOfMost(long claimed, List<SwarmProgress.Heard> others, long voters) {
    long supporters = others.stream().filter(other -> other.progress().epoch() >= claimed).count();
    return 2 * supporters > voters && voters > 1;
  }

  private boolean believed(SwarmProgress.Heard heard, long voters, Instant now) {
    PeerId peer = heard.progress().peer();
    Doubt doubt = doubts.get(peer);
    if (doubt != null && doubt.until().isAfter(now)) {
      return false;
    }
    return voters == 1 || !aheadSince.getOrDefault(peer, now).plus(MINORITY_AFTER).isAfter(now);
  }

  /** Whether somebody claims to be ahead of {@code epoch} who has not been found to lie. */
  boolean claimed(long epoch, List<SwarmProgress.Heard> others, Instant now) {
    return others.stream()
        .anyMatch(
            heard -> {
              Doubt doubt = doubts.get(heard.progress().peer());
              return heard.progress().epoch() > epoch
                  && (doubt == null || !doubt.until().isAfter(now));
            });
  }

  private void noteAhead(long epoch, List<SwarmProgress.Heard> others, Instant now) {
    Map<PeerId, Instant> still = new LinkedHashMap<>();
    for (SwarmProgress.Heard heard : others) {
      PeerId peer = heard.progress().peer();
      if (heard.progress().epoch() > epoch) {
        still.put(peer, aheadSince.getOrDefault(peer, now));
      }
    }
    aheadSince.clear();
    aheadSince.putAll(still);
  }
}
