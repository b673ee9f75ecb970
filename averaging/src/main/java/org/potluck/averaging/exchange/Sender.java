package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.EventLoop;

/**
 * Sends chunks: our contribution to reducers, averages to all.
 *
 * <p>A chunk is encoded when the one before it is on its way, so what waits here are numbers.
 *
 * <p>Contributions go before averages: reducers wait for them, and nobody does for an average until
 * the round ends. The other way round, whoever got ahead would have sent all its own towards the
 * end and stand idle until others' contributions come, which wait behind averages there.
 *
 * <p>Streams share a link evenly, spans are not even: left to the streams, the reducer of a small
 * span has all it needs early and the one of a large span most of it late, and its averages, which
 * are many, come out later still. So reducers are served in step: none is given its next chunk
 * while another has got much less of its own part. One whose stream takes nothing holds nobody up
 * for longer than it takes to see that; otherwise members whose reading waits for one another could
 * wait for ever, and a link would stand still while the path to one reducer mends a loss.
 */
final class Sender {
  private static final int FETCH_CHUNKS_MAX = 1024;

  /** How much more of its part than others a reducer may have: streams drain by fits and starts. */
  private static final double AHEAD_MAX = 1.0 / 16;

  /**
   * A stream that has not moved while a link of ours would have sent this much does not flow: it is
   * a little more than what the network takes from a stream at a time.
   */
  private static final int STILL_BYTES = 256 << 10;

  private static final Duration LOOK_MIN = Duration.ofMillis(50);

  private final Round round;
  private final Roster roster;
  private final Averages averages;
  private final Duration look;
  private final Consumer<String> failed;
  private boolean releasing;
  private boolean watching;

  /**
   * @param failed told, with a reason, when this member has nothing sound to bring
   */
  Sender(Round round, Roster roster, Averages averages, Consumer<String> failed) {
    this.round = round;
    this.roster = roster;
    this.averages = averages;
    this.look = look(round);
    this.failed = failed;
  }

  /** How often to look which reducers take nothing, by the time that the plan gives our link. */
  private static Duration look(Round round) {
    Duration longest = round.options.silenceLimit().dividedBy(4);
    double planned = round.group.expected().toNanos();
    double bytes =
        (double) round.chunks.size()
            * round.contributionBytes(round.self, round.chunks.valuesMax());
    if (planned == 0 || bytes == 0) {
      return longest;
    }
    Duration still = Duration.ofNanos((long) (planned * STILL_BYTES / bytes));
    Duration least = still.compareTo(LOOK_MIN) < 0 ? LOOK_MIN : still;
    return least.compareTo(longest) < 0 ? least : longest;
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
      ByteBuffer encoded = to.encoded;
      to.held = encoded != null && ahead(to);
      if (encoded != null && !to.held) {
        to.encoded = null;
        to.send(encoded);
        served = true;
        encodeNext(to);
        continue;
      }
      Integer average = to.encoding ? null : to.averages.poll();
      if (average == null) {
        break;
      }
      sendAverage(average, to);
    }
    if (to.held) {
      watchFlow();
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

  /** Looks which reducers take nothing, as long as others wait for them. */
  private void watchFlow() {
    if (!watching && round.running()) {
      watching = true;
      roster.others().forEach(Neighbour::beginLooking);
      EventLoop.Timer _ = round.loop.schedule(look, this::lookAtFlow);
    }
  }

  private void lookAtFlow() {
    if (round.running()) {
      roster.others().forEach(Neighbour::lookAtFlow);
      release();
      watching = roster.others().stream().anyMatch(other -> other.held || other.stuck());
      if (watching) {
        EventLoop.Timer _ = round.loop.schedule(look, this::lookAtFlow);
      }
    }
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
      holder.tell(Frames.of(FrameKind.FETCH, FetchMessage.newBuilder().addAllChunks(part).build()));
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
      if (averages.holds(chunk)) {
        by.averages.add(chunk);
      }
    }
    pump(by);
  }
}
