package org.potluck.averaging.matchmaking;

import java.util.List;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.RoundTerms;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.CodecLadder;
import org.potluck.averaging.exchange.Course;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.exchange.Member;
import org.potluck.averaging.exchange.Rounds;

/**
 * Whether what a leader has planned is a round that this peer looks for, and one to which it can be
 * held.
 */
record PlanCheck(RoundTerms terms, AveragingOptions options) {
  /**
   * @param own what this peer has declared
   */
  boolean passes(Course course, Declaration own) {
    return own.ready()
        && course.isFor(own.peer())
        && hasWeight(course.stages().getFirst(), own)
        && course.stages().stream().allMatch(this::passes);
  }

  /** One whom the leader gave another weight than it declared would be blamed for it. */
  private static boolean hasWeight(Group group, Declaration own) {
    double given = group.members().get(group.indexOf(own.peer())).weight();
    return given == own.message().getWeight();
  }

  private boolean passes(Group group) {
    return group.key().equals(terms.key())
        && group.epoch() == terms.epoch()
        && group.length() == terms.length()
        && rungs().stream().anyMatch(rung -> isWith(group, rung))
        && group.members().stream().allMatch(member -> hasAllowedCodec(group, member))
        && Rounds.hasSoundChunks(group, options);
  }

  /** What is carried on from an earlier stage are averages, in their codec. */
  private static boolean isWith(Group group, CodecLadder.Rung rung) {
    return group.codecUp().equals(group.carried() ? rung.down() : rung.up())
        && group.codecDown().equals(rung.down());
  }

  private boolean hasAllowedCodec(Group group, Member member) {
    CodecId own = member.codec();
    return own == null
        || (!group.carried() && rungs().stream().anyMatch(rung -> rung.up().equals(own)));
  }

  /** The codecs that the leader may choose. */
  private List<CodecLadder.Rung> rungs() {
    return options.exchangeAim().isZero()
        ? List.of(new CodecLadder.Rung(terms.codecUp(), terms.codecDown()))
        : CodecLadder.rungs(terms.length());
  }
}
