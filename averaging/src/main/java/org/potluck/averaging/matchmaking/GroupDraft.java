package org.potluck.averaging.matchmaking;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.potluck.averaging.RoundTerms;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.exchange.Member;
import org.potluck.averaging.exchange.Rounds;

/** Makes the group of those who came: names the round and gives each its span. */
final class GroupDraft {
  private GroupDraft() {}

  /**
   * @param joined the members, in group order
   */
  static Group of(Surroundings around, RoundTerms terms, List<Declaration> joined) {
    long[] shares =
        around
            .planner()
            .shares(
                terms.codecUp(),
                terms.codecDown(),
                terms.length(),
                joined.stream().map(GroupDraft::link).toList());
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < shares.length; i++) {
      Declaration peer = joined.get(i);
      members.add(
          new Member(
              peer.peer(),
              peer.message().getWeight(),
              peer.message().getReachable(),
              shares[i],
              peer.addresses()));
    }
    byte[] round = new byte[Group.ROUND_BYTES];
    around.random().nextBytes(round);
    return new Group(
        HexFormat.of().formatHex(round),
        terms.key(),
        terms.epoch(),
        terms.length(),
        Rounds.chunkValues(around.options(), terms.codecUp(), terms.codecDown()),
        members,
        terms.codecUp(),
        terms.codecDown());
  }

  private static SpanPlanner.Link link(Declaration peer) {
    return new SpanPlanner.Link(
        peer.message().getUpBytesPerSecond(),
        peer.message().getDownBytesPerSecond(),
        peer.message().getWeight() > 0,
        peer.message().getReachable());
  }
}
