package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.potluck.averaging.RoundTerms;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.CodecLadder;
import org.potluck.network.PeerId;

/**
 * The codecs of a round, and of those members whose links allow a more exact one.
 *
 * <p>An average must be the same bytes for everybody, so its codec is that of the round. A
 * contribution passes one uplink, and where only the slow ones need the coarse codec the others
 * keep the exact one: those with the fastest uplinks, as many as leave the plan as fast as it is,
 * or in time.
 *
 * @param terms with the codecs of the round
 * @param own of contributions, by peer, where they are others; only looked up
 */
record LinkCodecs(RoundTerms terms, Map<PeerId, CodecId> own) {
  /** A plan that is slower by less is as fast. */
  private static final double ALIKE = 1.001;

  LinkCodecs {
    own = Map.copyOf(own);
  }

  /** Chosen as if all were one group; how a grid shares the load differs little from that. */
  static LinkCodecs choose(Surroundings around, RoundTerms terms, List<Declaration> joined) {
    Duration aim = around.options().exchangeAim();
    LinkCodecs settled = new LinkCodecs(terms, Map.of());
    if (aim.isZero()) {
      return settled;
    }
    CodecLadder.Rung rung =
        CodecLadder.choose(
            terms.length(), aim, tried -> settled.with(tried).expected(around, joined));
    return settled.with(rung).withExactOnes(around, joined, aim);
  }

  private LinkCodecs with(CodecLadder.Rung rung) {
    return new LinkCodecs(terms.withCodecs(rung.up(), rung.down()), own);
  }

  private LinkCodecs withExactOnes(Surroundings around, List<Declaration> joined, Duration aim) {
    CodecId exact = CodecLadder.rungs(terms.length()).getFirst().up();
    Duration seconds = expected(around, joined);
    if (exact == terms.codecUp() || seconds.isZero()) {
      return this;
    }
    List<PeerId> quickest =
        joined.stream()
            .sorted(Comparator.comparingDouble(peer -> -peer.message().getUpBytesPerSecond()))
            .map(Declaration::peer)
            .toList();
    double limit = Math.max((double) aim.toNanos(), seconds.toNanos() * ALIKE);
    int enough = 0;
    int tooMany = quickest.size() + 1;
    while (enough + 1 < tooMany) {
      int tried = (enough + tooMany) / 2;
      LinkCodecs some = withOwn(quickest.subList(0, tried), exact);
      if (some.expected(around, joined).toNanos() <= limit) {
        enough = tried;
      } else {
        tooMany = tried;
      }
    }
    return withOwn(quickest.subList(0, enough), exact);
  }

  private LinkCodecs withOwn(List<PeerId> peers, CodecId codec) {
    Map<PeerId, CodecId> codecs = new LinkedHashMap<>();
    peers.forEach(peer -> codecs.put(peer, codec));
    return new LinkCodecs(terms, codecs);
  }

  private Duration expected(Surroundings around, List<Declaration> joined) {
    return GroupDraft.of(joined, own).split(around, terms, Codec.BLOCK_VALUES).expected();
  }

  /** The one of all contributions' codecs that takes most bytes. */
  CodecId widest() {
    List<CodecId> all = new ArrayList<>(own.values());
    all.add(terms.codecUp());
    return all.stream()
        .max(Comparator.comparingDouble(CodecId::bytesPerValue))
        .orElse(terms.codecUp());
  }
}
