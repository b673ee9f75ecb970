package org.potluck.averaging.trust;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private Set<PeerId> bannedByMost = Set.of();

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
    Map<PeerId, Integer> votes = new LinkedHashMap<>();
    for (Voter voter : voters) {
      Set<PeerId> named = new LinkedHashSet<>();
      for (Verdict verdict : voter.verdicts()) {
        if (verdict.banned() && !verdict.peer().equals(voter.peer())) {
          named.add(verdict.peer());
        }
      }
      named.forEach(peer -> votes.merge(peer, 1, Integer::sum));
    }
    Set<PeerId> banned = new LinkedHashSet<>();
    votes.forEach(
        (peer, count) -> {
          if (most(count, voters.size())) {
            banned.add(peer);
          }
        });
    bannedByMost = banned;
  }

  boolean banned(PeerId peer) {
    return bannedByMost.contains(peer);
  }
}
