package org.potluck.averaging.matchmaking;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.averaging.OwnLink;
import org.potluck.averaging.RoundTerms;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.exchange.Member;
import org.potluck.averaging.plan.PairLimit;
import org.potluck.network.PeerId;

/**
 * A group before its spans are given out.
 *
 * @param peers the members, in group order
 * @param weights what each counts; zero for those who add nothing
 * @param carried whether they bring means of an earlier stage of a grid
 * @param codecs of contributions, by peer, where they are others than that of the round; only
 *     looked up
 */
record GroupDraft(
    List<Declaration> peers, List<Double> weights, boolean carried, Map<PeerId, CodecId> codecs) {
  GroupDraft {
    peers = List.copyOf(peers);
    weights = List.copyOf(weights);
    codecs = Map.copyOf(codecs);
  }

  /** Members that bring means of an earlier stage, which are averages and travel as such. */
  static GroupDraft carrying(List<Declaration> peers, List<Double> weights) {
    return new GroupDraft(peers, weights, true, Map.of());
  }

  /** Everybody with the weight it has declared. */
  static GroupDraft of(List<Declaration> peers, Map<PeerId, CodecId> codecs) {
    return new GroupDraft(
        peers, peers.stream().map(peer -> peer.message().getWeight()).toList(), false, codecs);
  }

  /** A name for a round, or a course. */
  static String name(Surroundings around) {
    byte[] name = new byte[Group.ROUND_BYTES];
    around.random().nextBytes(name);
    return HexFormat.of().formatHex(name);
  }

  /**
   * Names the round and gives each its span.
   *
   * @param split what each reduces, as {@link #split} has it
   */
  Group group(Surroundings around, RoundTerms terms, int chunkValues, SpanPlanner.Split split) {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < peers.size(); i++) {
      Declaration peer = peers.get(i);
      members.add(
          new Member(
              peer.peer(),
              weights.get(i),
              peer.reachable(),
              split.shares().get(i),
              peer.addresses(),
              codecs.get(peer.peer())));
    }
    return new Group(
        name(around),
        terms.key(),
        terms.epoch(),
        terms.length(),
        chunkValues,
        members,
        codecUp(terms),
        terms.codecDown(),
        split.expected(),
        carried);
  }

  /**
   * What each is to reduce.
   *
   * @param grain spans begin at multiples of this
   */
  SpanPlanner.Split split(Surroundings around, RoundTerms terms, int grain) {
    SpanPlanner.Work work =
        new SpanPlanner.Work(codecUp(terms), terms.codecDown(), terms.length(), grain, pairs());
    return around.planner().split(work, links());
  }

  /** What is carried on are averages, and they travel as such. */
  private CodecId codecUp(RoundTerms terms) {
    return carried ? terms.codecDown() : terms.codecUp();
  }

  /** Bytes a second that the slowest known uplink carries; zero when none is known. */
  double slowest() {
    return peers.stream()
        .mapToDouble(peer -> peer.message().getUpBytesPerSecond())
        .filter(up -> up > 0)
        .min()
        .orElse(0);
  }

  /** Whether somebody can be dialed, so that all can be linked through it. */
  boolean linked() {
    return peers.size() == 1 || peers.stream().anyMatch(peer -> peer.reachable());
  }

  private List<SpanPlanner.Link> links() {
    List<SpanPlanner.Link> links = new ArrayList<>();
    for (int i = 0; i < peers.size(); i++) {
      links.add(
          new SpanPlanner.Link(
              peers.get(i).message().getUpBytesPerSecond(),
              peers.get(i).message().getDownBytesPerSecond(),
              weights.get(i) > 0,
              peers.get(i).reachable(),
              codecs.get(peers.get(i).peer())));
    }
    return links;
  }

  /** What the members say of the paths between them. */
  private List<PairLimit> pairs() {
    Map<PeerId, Integer> places = new LinkedHashMap<>();
    for (int i = 0; i < peers.size(); i++) {
      places.put(peers.get(i).peer(), i);
    }
    List<PairLimit> pairs = new ArrayList<>();
    for (int i = 0; i < peers.size(); i++) {
      for (OwnLink.Path path : peers.get(i).paths()) {
        Integer to = places.get(path.to());
        if (to != null && to != i) {
          pairs.add(new PairLimit(i, to, path.rate()));
        }
      }
    }
    return pairs;
  }
}
