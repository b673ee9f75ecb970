package org.potluck.averaging.trust;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.potluck.network.PeerId;

/**
 * What the others think of each other, as far as it counts here.
 *
 * <p>A newcomer has seen nothing, and one that reduces nothing sees nothing; both would let in whom
 * all others have banned. But whoever believes what is said of others can be made to ban honest
 * peers. So a ban by others counts only when more than half of all trainers that have taken a step
 * say so, the accused one included in the count and without a vote: a minority frames nobody.
 */
public final class Opinions {
  private Map<PeerId, Ban> bannedByMost = Map.of();

  /** One trainer and what it says of others. */
  public record Voter(PeerId peer, List<Verdict> verdicts) {}

  /**
   * Whether so many bans count for those, too, who have not banned the peer themselves.
   *
   * @param voters all trainers that have taken a step, the accused one included
   */
  public static boolean most(int bans, int voters) {
    return 2 * bans > voters;
  }

  /**
   * @param voters trainers that have taken a step, and this peer
   */
  void hear(List<Voter> voters) {
    Map<PeerId, List<Verdict>> votes = new LinkedHashMap<>();
    for (Voter voter : voters) {
      Map<PeerId, Verdict> named = new LinkedHashMap<>();
      for (Verdict verdict : voter.verdicts()) {
        if (verdict.banned() && !verdict.peer().equals(voter.peer())) {
          named.put(verdict.peer(), verdict);
        }
      }
      named.forEach(
          (peer, verdict) -> votes.computeIfAbsent(peer, _ -> new ArrayList<>()).add(verdict));
    }
    Map<PeerId, Ban> banned = new LinkedHashMap<>();
    votes.forEach(
        (peer, bans) ->
            until(bans, voters.size())
                .ifPresent(until -> banned.put(peer, new Ban(bans.getFirst().reason(), until))));
    bannedByMost = banned;
  }

  /**
   * When so many bans have ended that they are not those of {@link #most} any more; empty where
   * they are not. {@link Verdict#UNTOLD} where some do not say when theirs end.
   *
   * @param bans of one peer, one of each judge
   */
  public static Optional<Instant> until(List<Verdict> bans, int voters) {
    if (!most(bans.size(), voters)) {
      return Optional.empty();
    }
    // With as many left as this index they are most; with that one gone, too, they are not.
    return bans.stream()
        .map(Verdict::bannedUntil)
        .sorted()
        .skip(bans.size() - voters / 2 - 1)
        .findFirst();
  }

  boolean banned(PeerId peer) {
    return bannedByMost.containsKey(peer);
  }

  /** What most say of {@code peer}, if they ban it. */
  Optional<Ban> ban(PeerId peer) {
    return Optional.ofNullable(bannedByMost.get(peer));
  }
}
