package org.potluck.peer.run;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.trust.Opinions;
import org.potluck.averaging.trust.Reasons;
import org.potluck.averaging.trust.Verdict;
import org.potluck.monitor.PeerStatus;
import org.potluck.network.PeerId;

/**
 * What peers say of each other at one moment, summed up for each of whom something is said.
 *
 * <p>Everybody may say anything of anybody, so a standing always tells how many say it and how many
 * do not; those count who count among peers ({@link Opinions}): who takes part and has taken a
 * step.
 */
final class Hearsay {
  private final List<PeerProgress> judges;
  private final Function<PeerId, String> name;
  private final Map<PeerId, List<PeerStatus.Judgement>> said = new LinkedHashMap<>();
  private final Map<PeerId, List<Verdict>> bans = new LinkedHashMap<>();

  /**
   * @param name what people call a peer
   */
  Hearsay(List<PeerProgress> participants, Function<PeerId, String> name) {
    this.name = name;
    judges = participants.stream().filter(peer -> peer.epoch() > 0).toList();
    judges.forEach(this::hear);
  }

  private void hear(PeerProgress judge) {
    Map<PeerId, Verdict> last = new LinkedHashMap<>();
    judge.verdicts().forEach(verdict -> last.put(verdict.peer(), verdict));
    last.remove(judge.peer());
    last.forEach(
        (peer, verdict) -> {
          said.computeIfAbsent(peer, absent -> new ArrayList<>())
              .add(
                  new PeerStatus.Judgement(
                      name.apply(judge.peer()),
                      verdict.score(),
                      verdict.banned(),
                      verdict.reason()));
          if (verdict.banned()) {
            bans.computeIfAbsent(peer, absent -> new ArrayList<>()).add(verdict);
          }
        });
  }

  /** When most will not ban {@code peer} any more; empty where they do not, or do not say. */
  Optional<Instant> bannedUntil(PeerId peer) {
    return Opinions.until(bans.getOrDefault(peer, List.of()), judges.size())
        .filter(until -> !until.equals(Verdict.UNTOLD));
  }

  PeerStatus.Standing of(PeerId peer) {
    int others = (int) judges.stream().filter(judge -> !judge.peer().equals(peer)).count();
    if (others == 0) {
      return PeerStatus.Standing.unknown();
    }
    List<PeerStatus.Judgement> against = said.getOrDefault(peer, List.of());
    if (against.isEmpty()) {
      return PeerStatus.Standing.good(others);
    }
    double lost = against.stream().mapToDouble(each -> 1 - each.score()).sum();
    int bans = (int) against.stream().filter(PeerStatus.Judgement::banned).count();
    return new PeerStatus.Standing(
        1 - lost / others,
        others,
        against.size() - bans,
        bans,
        Opinions.most(bans, judges.size()),
        Reasons.most(against, PeerStatus.Judgement::reason, Hearsay::gravity),
        against.stream().sorted(Comparator.comparingDouble(PeerStatus.Judgement::score)).toList());
  }

  private static double gravity(PeerStatus.Judgement judgement) {
    return 2 - judgement.score();
  }
}
