package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.exchange.Evidence.Proof;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.Network;
import org.potluck.network.PeerId;

/**
 * Shows members of the last rounds what this one's averages were made of.
 *
 * <p>A stream asks about one chunk: HELLO names the round, FETCH the chunk. The answer is EVIDENCE
 * for every contribution that was averaged, then DONE; or LACKS. Then the stream ends.
 */
final class Archive extends Askers<Archive.Reviewer> {
  static final String PROTOCOL = "/potluck/review/1";

  /** A member may review a round when others are in the next one already. */
  private static final int ROUNDS_KEPT = 3;

  /** Nobody keeps others from asking. */
  private static final int LINKS_PER_PEER_MAX = 4;

  /** One who reviews a chunk of the round that it named. */
  static final class Reviewer {
    private String round = "";
  }

  private final Map<String, Evidence> rounds = new LinkedHashMap<>();

  Archive(Network network) {
    super(network, PROTOCOL, Reviewer::new);
  }

  /** Whether a round of that name was here lately. */
  boolean knows(String round) {
    return rounds.containsKey(round);
  }

  /** Keeps what the averages of a round are made of, until some later rounds have begun. */
  Evidence open(Group group) {
    Evidence evidence = new Evidence(group);
    rounds.put(group.round(), evidence);
    if (rounds.size() > ROUNDS_KEPT) {
      rounds.remove(rounds.keySet().iterator().next());
    }
    return evidence;
  }

  /** Only who was in a round is shown what others brought to it. */
  @Override
  boolean admits(PeerId peer) {
    return linksOf(peer) < LINKS_PER_PEER_MAX
        && rounds.values().stream().anyMatch(round -> round.group().indexOf(peer) >= 0);
  }

  @Override
  void hello(Link link, Reviewer reviewer, HelloMessage hello) throws FrameException {
    reviewer.round = Group.roundOf(hello);
  }

  @Override
  void fetch(Link link, Reviewer reviewer, FetchMessage fetch) throws FrameException {
    Evidence evidence = rounds.get(reviewer.round);
    if (fetch.getChunksCount() != 1) {
      throw new FrameException("reviews " + fetch.getChunksCount() + " chunks at once");
    }
    boolean member = evidence != null && evidence.group().indexOf(link.stream().remote()) >= 0;
    Proof proof = evidence != null && member ? evidence.of(fetch.getChunks(0)) : null;
    if (proof == null) {
      link.write(Frames.of(FrameKind.LACKS));
    } else {
      show(link, proof);
    }
    answered(link);
  }

  private static void show(Link link, Proof proof) {
    for (int by = 0; by < proof.payloads().length; by++) {
      @Nullable ByteBuffer payload = proof.payloads()[by];
      @Nullable ByteBuffer signature = proof.signatures()[by];
      if (payload != null && signature != null) {
        link.write(ChunkFrames.evidenceHeader(by, signature, payload.remaining()));
        link.write(payload.duplicate());
      }
    }
    link.write(Frames.of(FrameKind.DONE));
  }
}
