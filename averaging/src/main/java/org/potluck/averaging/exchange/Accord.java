package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.proto.PlanMessage;
import org.potluck.averaging.proto.SignedCourseMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;
import org.potluck.network.StreamEnd;

/**
 * Whether the members of a round were told the same plan.
 *
 * <p>Who opens a link says by a digest what it was told. Where that differs from what the other was
 * told, one of the two lies, or their leader does. The other shows its plan, with the leader's
 * signature: if the first has one too that says otherwise, it is the leader, and the two together
 * prove it to everybody. Whoever shows nothing is itself at fault.
 */
final class Accord {
  /** What comes of it. */
  interface Effects {
    /** The leader has told members different plans, as {@code proof}, a frame, shows to all. */
    void betrayed(ByteBuffer proof);

    /** {@code peer} says that it was told another plan, and does not show it. */
    void unproven(PeerId peer);
  }

  private final Round round;
  private final @Nullable SignedCourse told;
  private final ByteString digest;
  private final Effects effects;
  private final Map<Link, Dispute> disputes = new LinkedHashMap<>();

  /** Streams for chunks of those with whom there is a dispute; not read. */
  private final List<Link> unread = new ArrayList<>();

  /**
   * @param told what the leader told this member; null where there is no leader
   */
  Accord(Round round, @Nullable SignedCourse told, Effects effects) {
    this.round = round;
    this.told = told;
    this.digest = round.group.digest();
    this.effects = effects;
  }

  /** Who made the plan; null where nobody did. */
  @Nullable PeerId leader() {
    return told == null ? null : told.leader();
  }

  /**
   * Whether who opened a link was told the same.
   *
   * @param plan the digest that it says
   */
  boolean isSame(ByteString plan) {
    return plan.equals(digest);
  }

  /** Settles with who opened {@code link}, and was told another plan, which of all lies. */
  void dispute(Link link) {
    PeerId peer = link.stream().remote();
    SignedCourse own = told;
    boolean room = disputes.size() + unread.size() < 4 * round.size();
    boolean first = disputes.values().stream().noneMatch(other -> other.peer.equals(peer));
    if (own == null) {
      link.reset();
      effects.unproven(peer);
    } else if (!room || (!first && !link.carriesChunks())) {
      link.reset();
    } else if (link.carriesChunks()) {
      link.hold();
      unread.add(link);
    } else {
      Dispute dispute = new Dispute(link, peer);
      disputes.put(link, dispute);
      link.write(frame(own.message()));
      link.bind(dispute);
      round.later(round.options.silenceLimit(), dispute::fail);
    }
  }

  /**
   * Looks at what another was told.
   *
   * @throws FrameException when it is nothing that the leader has signed
   */
  void read(PlanMessage message) throws FrameException {
    SignedCourse own = told;
    int count = message.getToldCount();
    if (own == null || count < 1 || count > 2) {
      throw new FrameException(count + " plans");
    }
    List<SignedCourse> all = new ArrayList<>();
    all.add(own);
    for (SignedCourseMessage other : message.getToldList()) {
      all.add(SignedCourse.open(own.leader(), other));
    }
    for (SignedCourse one : all) {
      for (SignedCourse other : all) {
        if (one.contradicts(other)) {
          effects.betrayed(frame(one.message(), other.message()));
          return;
        }
      }
    }
  }

  private static ByteBuffer frame(SignedCourseMessage... told) {
    return Frames.of(FrameKind.PLAN, PlanMessage.newBuilder().addAllTold(List.of(told)).build());
  }

  /** Says {@code proof} to those with whom there is a dispute. */
  void tell(ByteBuffer proof) {
    disputes.keySet().forEach(link -> link.write(proof.duplicate()));
  }

  /** Lets go of all links, once what was said on them is out and can have been heard. */
  void end() {
    disputes.keySet().forEach(Link::close);
    disputes.clear();
    List<Link> left = List.copyOf(unread);
    unread.clear();
    if (!left.isEmpty()) {
      EventLoop.Timer _ =
          round.loop.schedule(round.options.silenceLimit(), () -> left.forEach(Link::reset));
    }
  }

  /** With one who says that it was told another plan. */
  private final class Dispute implements Link.Owner {
    private final Link link;
    private final PeerId peer;

    Dispute(Link link, PeerId peer) {
      this.link = link;
      this.peer = peer;
    }

    @Override
    public void frame(Link from, Frame frame) throws FrameException {
      // What else it says is meant for the round that it knows of.
      if (frame.kind() == FrameKind.PLAN) {
        read(frame.parse(PlanMessage.parser()));
        fail(); // Without effect where it has proven it.
      }
    }

    @Override
    public void broken(Link from, String why) {
      fail();
    }

    @Override
    public void ended(Link from, StreamEnd end) {
      fail();
    }

    private void fail() {
      if (disputes.remove(link) != null) {
        link.reset();
        unread.removeIf(
            other -> {
              boolean its = other.stream().remote().equals(peer);
              if (its) {
                other.reset();
              }
              return its;
            });
        effects.unproven(peer);
      }
    }
  }
}
