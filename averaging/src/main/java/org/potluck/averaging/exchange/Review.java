package org.potluck.averaging.exchange;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.reduce.Aggregator;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.averaging.trust.Screen;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;

/**
 * Makes one chunk's average once more, of what its reducer says that it was made of.
 *
 * <p>Members sign what they bring, so a reducer can show no other contributions than those it was
 * sent; averages are summed in group order, so of the same contributions everybody makes the same
 * bits. A reducer may leave contributions out, which is its right, and says so by the weight that
 * stands in the average; but not those of most members, or it could average whom it likes. (By
 * weight liars that are rightly left out may be most: they claim much.) What it brings itself it
 * signs too, and can choose when it has seen all others: so that must be no longer than any
 * contribution may be.
 */
final class Review implements Link.Owner {
  /** In silence limits: everybody's chunk has to come over a link that has other work. */
  private static final int LIMIT = 15;

  private static final int NOBODY = -1;

  /** What a review came to. */
  enum Finding {
    /** The average is that of what was brought. */
    TRUE,
    /** It is not. */
    FALSE,
    /** The reducer is there, and does not show what it was made of. */
    UNPROVEN,
    /** Nothing was learned. */
    NONE
  }

  private final Network network;
  private final Round round;
  private final Screen screen;
  private final int chunk;
  private final int reducer;
  private final ByteBuffer average;
  private final @Nullable ByteBuffer[] payloads;
  private final @Nullable ByteBuffer[] signatures;
  private final CompletableFuture<Finding> finding = new CompletableFuture<>();
  private @Nullable Link link;
  private EventLoop.@Nullable Timer timer;

  /**
   * @param screen of the round
   * @param average the body of its frame, this review's own
   */
  Review(Network network, Round round, Screen screen, int chunk, ByteBuffer average) {
    this.network = network;
    this.round = round;
    this.screen = screen;
    this.chunk = chunk;
    this.reducer = round.chunks.owner(chunk);
    this.average = average;
    this.payloads = new @Nullable ByteBuffer[round.size()];
    this.signatures = new @Nullable ByteBuffer[round.size()];
  }

  PeerId reviewed() {
    return round.peer(reducer);
  }

  CompletableFuture<Finding> begin() {
    Duration limit = round.options.silenceLimit().multipliedBy(LIMIT);
    var _ =
        network
            .open(reviewed(), Archive.PROTOCOL, round.options.dialLimit())
            .whenComplete((stream, failure) -> opened(stream));
    timer = round.loop.schedule(limit, this::unproven);
    return finding;
  }

  private void opened(@Nullable Stream stream) {
    if (stream == null) {
      unproven();
      return;
    }
    Link opened = new Link(stream, this);
    link = opened;
    if (finding.isDone()) {
      opened.reset();
      return;
    }
    opened.write(Group.hello(round.group.round()));
    opened.write(Frames.of(FrameKind.FETCH, FetchMessage.newBuilder().addChunks(chunk).build()));
  }

  @Override
  public void frame(Link from, Frame frame) throws FrameException {
    switch (frame.kind()) {
      case EVIDENCE -> shown(frame.body());
      case DONE -> {
        from.reset();
        round.workshop.order(this::judge, this::end);
      }
      case LACKS -> unproven();
      default -> throw new FrameException(frame.kind() + " from one who is reviewed");
    }
  }

  private void shown(ByteBuffer body) throws FrameException {
    int values = round.chunks.values(chunk);
    ChunkFrames.Shown shown = ChunkFrames.readEvidence(body);
    int by = shown.member();
    boolean expected =
        by >= 0 && by < round.size() && round.contributes(by) && payloads[by] == null;
    if (!expected || shown.payload().remaining() != round.contributionBytes(by, values)) {
      throw new FrameException("evidence of what nobody can have brought");
    }
    payloads[by] = Buffers.copy(shown.payload());
    signatures[by] = Buffers.copy(shown.signature());
  }

  /** Beside the loop. */
  private Finding judge() {
    int all = 0;
    int shown = 0;
    for (int by = 0; by < payloads.length; by++) {
      ByteBuffer payload = payloads[by];
      ByteBuffer signature = signatures[by];
      boolean missed = payload == null && !screen.leavesOut(by);
      all += round.contributes(by) && (payload != null || missed) ? 1 : 0;
      if (payload != null && signature != null) {
        shown++;
        // Of what decodes to no numbers nobody makes an average.
        if (!round.codecsUp.get(by).wellFormed(payload, round.chunks.values(chunk))
            || !round.signatures.holds(round.peer(by), chunk, payload, signature)) {
          return Finding.FALSE;
        }
      }
    }
    boolean most = 2 * shown > all;
    return most && !tooLong() && isAverage() ? Finding.TRUE : Finding.FALSE;
  }

  /** Whether what the reducer brought itself is more than it might have let in from others. */
  private boolean tooLong() {
    Inspector.Chunk brought =
        new Inspector.Chunk(
            payloads,
            NOBODY,
            MemorySegment.NULL,
            round.chunks.from(chunk),
            round.chunks.values(chunk));
    return screen.look(chunk, brought).charges().containsKey(reducer);
  }

  private boolean isAverage() {
    List<Double> weights = round.group.members().stream().map(Member::weight).toList();
    int values = round.chunks.values(chunk);
    Aggregator.Mean mean =
        round
            .options
            .aggregation()
            .aggregator(round.codecsUp, weights, values)
            .reduce(payloads, NOBODY, MemorySegment.NULL, 0, values);
    return mean.weight() > 0
        && ChunkFrames.average(chunk, 0, mean.weight(), round.codecDown, mean.values(), values)
            .filter(average::equals)
            .isPresent();
  }

  /** Who has gone need not answer. */
  private void unproven() {
    boolean there = network.connectedPeers().contains(reviewed());
    end(there ? Finding.UNPROVEN : Finding.NONE);
  }

  private void end(Finding with) {
    if (link != null) {
      link.reset();
    }
    if (timer != null) {
      timer.cancel();
    }
    finding.complete(with);
  }

  @Override
  public void broken(Link from, String why) {
    unproven();
  }

  @Override
  public void ended(Link from, StreamEnd end) {
    unproven();
  }
}
