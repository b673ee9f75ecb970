package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;

/**
 * Sends chunks: our contribution to reducers, averages to all.
 *
 * <p>A chunk is encoded when the one before it is on its way, so what waits here are numbers.
 *
 * <p>Streams share a link evenly, spans are not even: left to the streams, the reducer of a small
 * span has all it needs early and the one of a large span most of it late, and its averages, which
 * are many, come out later still. So reducers are served in step: none is given its next chunk
 * while another has got much less of its own part. One whose stream takes nothing holds nobody up
 * for longer than it takes to see that ({@link Watch}); otherwise members whose reading waits for
 * one another could wait for ever.
 */
final class Sender {
  private static final int FETCH_CHUNKS_MAX = 4096;

  /** How much more of its part than others a reducer may have: streams drain by fits and starts. */
  private static final double AHEAD_MAX = 1.0 / 16;

  private final Round round;
  private final Roster roster;
  private final Averages averages;
  private final Consumer<String> failed;
  private boolean releasing;

  /**
   * @param failed told, with a reason, when this member has nothing sound to bring
   */
  Sender(Round round, Roster roster, Averages averages, Consumer<String> failed) {
    this.round = round;
    this.roster = roster;
    this.averages = averages;
    this.failed = failed;
  }

  /** Lines up all of our contribution as the plan has it. */
  void begin() {
    for (int chunk = 0; chunk < round.chunks.size(); chunk++) {
      contribute(chunk, round.chunks.owner(chunk));
    }
  }

  /** Lines up a chunk of our contribution. */
  void contribute(int chunk, int reducer) {
    if (round.running() && round.contributes(round.self) && roster.hasLink(reducer)) {
      roster.at(reducer).lineUp(chunk);
    }
  }

  /** Takes what is no longer meant for them out of everybody's line. */
  void withdraw(Ledger ledger) {
    for (Neighbour other : roster.others()) {
      other.asked.clear();
      other.withdraw(chunk -> !ledger.owns(other.index, chunk));
    }
    release();
  }

  /** Sends an average that we have just taken to everybody. */
  void spread(int chunk) {
    for (Neighbour other : roster.others()) {
      if (!other.lost) {
        other.averages.add(chunk);
        pump(other);
      }
    }
  }

  /** Sends as much as the stream takes now; of our contribution, what has been encoded. */
  void pump(Neighbour to) {
    if (serve(to)) {
      release();
    }
  }

  /** Returns whether it got some of our contribution. */
  private boolean serve(Neighbour to) {
    boolean served = false;
    to.held = false;
    while (to.writable()) {
      Integer chunk = to.averages.poll();
      if (chunk != null) {
        sendAverage(chunk, to);
        continue;
      }
      ByteBuffer encoded = to.encoded;
      to.held = encoded != null && ahead(to);
      if (encoded == null || to.held) {
        break;
      }
      to.encoded = null;
      to.send(encoded);
      served = true;
    }
    encodeNext(to);
    return served;
  }

  /** Whether another reducer should get some of its part first. */
  private boolean ahead(Neighbour reducer) {
    double most = reducer.served() - AHEAD_MAX;
    return most > 0
        && roster.others().stream()
            .anyMatch(other -> other.isBeingServed() && other.served() < most);
  }

  /** Goes on with those that need not wait for others any more. */
  void release() {
    if (releasing) {
      return;
    }
    releasing = true;
    boolean served = true;
    while (served) {
      served = false;
      for (Neighbour other : roster.others()) {
        served |= other.held && serve(other);
      }
    }
    releasing = false;
  }

  /** One chunk ahead of the stream. */
  private void encodeNext(Neighbour to) {
    boolean busy = to.encoding || to.encoded != null || to.link() == null;
    if (busy || round.pending() || !round.running()) {
      return;
    }
    Integer chunk = to.nextInLine();
    if (chunk == null) {
      return;
    }
    to.encoding = true;
    round.workshop.order(
        () -> frame(chunk),
        frame -> {
          to.encoding = false;
          if (frame.isEmpty()) {
            failed.accept(Round.OWN_NO_NUMBERS);
          } else if (!to.lost && round.running()) {
            to.encoded = frame.get();
            pump(to);
          }
        });
  }

  private Optional<ByteBuffer> frame(int chunk) {
    long from = round.chunks.from(chunk);
    int values = round.chunks.values(chunk);
    Codec codec = round.codecsUp.get(round.self);
    if (round.signed()) {
      return ChunkFrames.signed(chunk, round.signatures, codec, round.own(), from, values);
    }
    return round.carried()
        ? ChunkFrames.carried(chunk, round.ownWeight(chunk), codec, round.own(), from, values)
        : ChunkFrames.contribution(chunk, codec, round.own(), from, values);
  }

  private void sendAverage(int chunk, Neighbour to) {
    @Nullable ByteBuffer body = averages.body(chunk);
    if (body != null) {
      to.send(Frames.header(FrameKind.AVERAGE, body.remaining()));
      to.send(body);
    }
  }

  /** Asks a member for averages. */
  void ask(Neighbour holder, List<Integer> chunks) {
    for (int from = 0; from < chunks.size(); from += FETCH_CHUNKS_MAX) {
      List<Integer> part = chunks.subList(from, Math.min(chunks.size(), from + FETCH_CHUNKS_MAX));
      part.forEach(holder.asked::set);
      holder.send(Frames.of(FrameKind.FETCH, FetchMessage.newBuilder().addAllChunks(part).build()));
    }
  }

  /** A member asks us for averages. */
  void asked(Neighbour by, FetchMessage wish) throws FrameException {
    if (wish.getChunksCount() > FETCH_CHUNKS_MAX) {
      throw new FrameException("asks for " + wish.getChunksCount() + " chunks at once");
    }
    for (int chunk : wish.getChunksList()) {
      if (chunk < 0 || chunk >= round.chunks.size()) {
        throw new FrameException("asks for chunk " + chunk);
      }
      if (averages.holds(chunk) && !by.averages.contains(chunk)) {
        by.averages.add(chunk);
      }
    }
    pump(by);
  }
}
