package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.AveragingOptions;
import org.potluck.averaging.exchange.ChunkFrames.Chunk;
import org.potluck.averaging.proto.FetchMessage;
import org.potluck.averaging.proto.HelloMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.EventLoop;
import org.potluck.network.Network;
import org.potluck.network.Stream;
import org.potluck.network.StreamEnd;

/**
 * Gets the averages of one stage from peers whose groups have not failed, several at once.
 *
 * <p>Everybody met in this stage and before it is asked, and asked again while it has no answer.
 * The detour ends when all chunks are there, when nobody is left who has or will have them, or at
 * the deadline.
 */
final class Detour implements Link.Owner {
  private static final int LOOKS_PER_LIMIT = 8;
  private static final int OUTSTANDING_MAX = 2;

  private static final class Donor {
    final Member member;
    final Deque<Integer> asked = new ArrayDeque<>();
    Instant heard;
    @Nullable Link link;
    boolean holds;
    boolean over;

    Donor(Member member, Instant now) {
      this.member = member;
      this.heard = now;
    }
  }

  private final Network network;
  private final AveragingOptions options;
  private final Workshop workshop;
  private final ByteBuffer question;
  private final ChunkTable chunks;
  private final Averages averages;
  private final int bodyBytesMax;
  private final double weightMax;
  private final Instant deadline;
  private final List<Donor> donors = new ArrayList<>();
  private final Deque<Integer> missing = new ArrayDeque<>();
  private final BitSet decoding = new BitSet();
  private final CompletableFuture<@Nullable Averages> result = new CompletableFuture<>();
  private EventLoop.@Nullable Timer next;

  /**
   * @param averages empty; filled with what comes
   */
  Detour(
      Network network,
      AveragingOptions options,
      Workshop workshop,
      Course course,
      int stage,
      ChunkTable chunks,
      Averages averages,
      int bodyBytesMax,
      Instant deadline) {
    this.network = network;
    this.options = options;
    this.workshop = workshop;
    this.chunks = chunks;
    this.averages = averages;
    this.bodyBytesMax = bodyBytesMax;
    this.weightMax = course.stages().get(stage).weightMax();
    this.deadline = deadline;
    this.question =
        Frames.of(
            FrameKind.HELLO,
            HelloMessage.newBuilder()
                .setRoundId(ByteString.fromHex(course.name()))
                .setStage(stage)
                .build());
    for (Member member : course.members(stage + 1)) {
      if (!member.peer().equals(network.self())) {
        donors.add(new Donor(member, network.loop().now()));
      }
    }
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      missing.add(chunk);
    }
  }

  CompletableFuture<@Nullable Averages> start() {
    for (Donor donor : donors) {
      network.remember(donor.member.peer(), donor.member.addresses());
      var _ =
          network
              .open(donor.member.peer(), Pantry.PROTOCOL, options.dialLimit())
              .whenComplete((stream, failure) -> opened(donor, stream));
    }
    look();
    return result;
  }

  private void opened(Donor donor, @Nullable Stream stream) {
    if (stream == null) {
      drop(donor);
      return;
    }
    Link link = new Link(stream, this);
    if (result.isDone()) {
      link.reset();
      return;
    }
    donor.heard = network.loop().now();
    donor.link = link;
    link.write(question.duplicate());
  }

  /** Asks again, and leaves those that do not answer. */
  private void look() {
    Instant now = network.loop().now();
    for (Donor donor : donors) {
      Link link = donor.link;
      if (donor.over || link == null) {
        continue;
      }
      if (Duration.between(donor.heard, now).compareTo(options.silenceLimit()) > 0) {
        drop(donor);
      } else if (!donor.holds) {
        link.write(question.duplicate());
      }
    }
    if (!now.isBefore(deadline)) {
      end(null);
    }
    endWithoutDonors();
    if (!result.isDone()) {
      next = network.loop().schedule(options.silenceLimit().dividedBy(LOOKS_PER_LIMIT), this::look);
    }
  }

  @Override
  public @Nullable ByteBuffer room(Link link, int marker, int length) {
    boolean fits = marker == FrameKind.AVERAGE.wireNumber() && length <= bodyBytesMax;
    return fits ? ByteBuffer.allocate(length) : null;
  }

  @Override
  public void progress(Link link) {
    Donor donor = at(link);
    if (donor != null) {
      donor.heard = network.loop().now();
    }
  }

  @Override
  public void frame(Link link, Frame frame) throws FrameException {
    Donor donor = at(link);
    if (donor == null || result.isDone()) {
      return;
    }
    switch (frame.kind()) {
      case ALIVE -> {}
      case DONE -> donor.holds = true;
      case LACKS -> drop(donor);
      case AVERAGE -> {
        Chunk chunk = ChunkFrames.read(frame.kind(), frame.body(), chunks.size());
        if (!donor.asked.contains(chunk.number())) {
          throw new FrameException("an average that was not asked for");
        }
        if (chunk.weight() > weightMax) {
          throw new FrameException("an average over more than its group weighs");
        }
        donor.asked.remove(chunk.number());
        take(donor, chunk, frame.body());
      }
      default -> throw new FrameException(frame.kind() + " from a donor");
    }
    ask(donor);
  }

  private void take(Donor from, Chunk chunk, ByteBuffer body) {
    decoding.set(chunk.number());
    workshop.order(
        () -> averages.decode(chunk),
        sound -> {
          decoding.clear(chunk.number());
          if (result.isDone()) {
            return;
          }
          if (!sound) {
            missing.add(chunk.number());
            drop(from);
          } else {
            averages.hold(chunk, body);
            if (averages.complete()) {
              end(averages);
            }
          }
        });
  }

  private void ask(Donor donor) {
    Link link = donor.link;
    while (link != null && donor.holds && !donor.over && donor.asked.size() < OUTSTANDING_MAX) {
      Integer chunk = missing.poll();
      if (chunk == null) {
        return;
      }
      donor.asked.add(chunk);
      link.write(Frames.of(FrameKind.FETCH, FetchMessage.newBuilder().addChunks(chunk).build()));
    }
  }

  /** Others are asked for what it owes. */
  private void drop(Donor donor) {
    if (donor.over) {
      return;
    }
    donor.over = true;
    missing.addAll(donor.asked);
    donor.asked.clear();
    if (donor.link != null) {
      donor.link.reset();
    }
    donors.forEach(this::ask);
    endWithoutDonors();
  }

  private void endWithoutDonors() {
    if (decoding.isEmpty() && donors.stream().allMatch(donor -> donor.over)) {
      end(null);
    }
  }

  /** Stops asking. */
  void end(@Nullable Averages with) {
    if (result.isDone()) {
      return;
    }
    if (next != null) {
      next.cancel();
    }
    for (Donor donor : donors) {
      donor.over = true;
      if (donor.link != null) {
        donor.link.reset();
      }
    }
    if (with == null) {
      averages.forget();
    }
    result.complete(with);
  }

  private @Nullable Donor at(Link link) {
    for (Donor donor : donors) {
      if (donor.link == link) {
        return donor.over ? null : donor;
      }
    }
    return null;
  }

  @Override
  public void broken(Link link, String why) {
    gone(link);
  }

  @Override
  public void ended(Link link, StreamEnd end) {
    gone(link);
  }

  private void gone(Link link) {
    Donor donor = at(link);
    if (donor != null) {
      drop(donor);
    }
  }
}
