package org.potluck.averaging.trust;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.potluck.network.PeerId;

/** This peer's own judgement of all others, from what it saw itself. */
final class Standings {
  private static final int PEERS_MAX = 4096;

  private final Map<PeerId, Standing> standings = new LinkedHashMap<>();

  boolean banned(PeerId peer, Instant now) {
    Standing standing = standings.get(peer);
    return standing != null && standing.banned(now);
  }

  Optional<Ban> ban(PeerId peer, Instant now) {
    return Optional.ofNullable(standings.get(peer))
        .filter(standing -> standing.banned(now))
        .map(standing -> new Ban(standing.reason(), standing.bannedUntil()));
  }

  double score(PeerId peer, Instant now) {
    Standing standing = standings.get(peer);
    return standing == null ? 1 : standing.at(now).score();
  }

  String reason(PeerId peer) {
    Standing standing = standings.get(peer);
    return standing == null ? "" : standing.reason();
  }

  void hold(PeerId peer, double cost, String reason, Instant now) {
    Standing before = standings.getOrDefault(peer, Standing.good(now));
    Standing after = before.after(cost, reason, now);
    standings.remove(peer);
    standings.put(peer, after);
    if (standings.size() > PEERS_MAX) {
      forgetOne(now);
    }
  }

  void cleanRound(PeerId peer, Instant now) {
    Standing before = standings.get(peer);
    if (before != null) {
      Standing after = before.afterCleanRound(now);
      if (after.spotless(now)) {
        standings.remove(peer);
      } else {
        standings.put(peer, after);
      }
    }
  }

  /** Those with something against them, the worst first, as many as a word carries. */
  List<Verdict> verdicts(Instant now) {
    List<Verdict> verdicts = new ArrayList<>();
    standings.forEach(
        (peer, standing) -> {
          if (!standing.spotless(now)) {
            boolean banned = standing.banned(now);
            double score = banned ? 0 : standing.at(now).score();
            Instant until = banned ? standing.bannedUntil() : Verdict.UNTOLD;
            verdicts.add(new Verdict(peer, score, banned, until, standing.reason()));
          }
        });
    verdicts.sort(Comparator.comparingDouble(Verdict::score).thenComparing(Verdict::peer));
    return verdicts.subList(0, Math.min(verdicts.size(), Verdict.VERDICTS_MAX));
  }

  /** Whoever is not banned goes first: names are cheap, and a flood of them must free nobody. */
  private void forgetOne(Instant now) {
    PeerId oldest = standings.keySet().iterator().next();
    for (Map.Entry<PeerId, Standing> entry : standings.entrySet()) {
      if (!entry.getValue().banned(now)) {
        oldest = entry.getKey();
        break;
      }
    }
    standings.remove(oldest);
  }
}
