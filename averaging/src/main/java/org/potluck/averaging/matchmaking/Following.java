package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.exchange.SignedCourse;
import org.potluck.averaging.proto.JoinAnswerMessage;
import org.potluck.averaging.proto.JoinMessage;
import org.potluck.averaging.proto.RedirectMessage;
import org.potluck.averaging.proto.SignedCourseMessage;
import org.potluck.averaging.wire.Frame;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.network.PeerId;
import org.potluck.network.Stream;

/** A peer's stay with one leader, from dialing it to its last answer. */
final class Following implements JoinStream.Owner {
  /** What comes of it; each but {@code called} ends the stay. */
  interface Events {
    /** The leader says that the round is due. */
    void called();

    void grouped(SignedCourse told) throws FrameException;

    void redirected(Declaration from, Declaration next);

    /** It does not want us; {@code closed} when the round has begun. */
    void refused(Declaration from, boolean closed);

    /** It has sent a course that is none, or not ours; its stream ends. */
    void misled(Declaration from);

    /** It cannot be reached, or its stream has ended. */
    void lost(Declaration from);

    /** It has said nothing for too long. */
    void silent(Declaration from);
  }

  private final Surroundings around;
  private final Declaration leader;
  private final Duration silenceMax;
  private final Events events;
  private @Nullable JoinStream stream;
  private Declaration own;
  private Instant heard;
  private boolean ended;

  Following(
      Surroundings around,
      Declaration leader,
      Declaration own,
      Duration silenceMax,
      Events events) {
    this.around = around;
    this.leader = leader;
    this.own = own;
    this.silenceMax = silenceMax;
    this.events = events;
    this.heard = around.now();
  }

  Declaration leader() {
    return leader;
  }

  void start() {
    watch();
    PeerId peer = leader.peer();
    around.network().remember(peer, leader.addresses());
    var _ =
        around
            .network()
            .open(peer, JoinStream.PROTOCOL, around.options().dialLimit())
            .whenComplete(this::opened);
  }

  /** Tells the leader what has changed with us. */
  void update(Declaration changed) {
    own = changed;
    if (stream != null && !ended) {
      stream.send(FrameKind.JOIN, own.message());
    }
  }

  /** Leaves; nothing is heard of it any more. */
  void end() {
    ended = true;
    if (stream != null && !stream.over()) {
      stream.close();
    }
  }

  private void opened(@Nullable Stream opened, @Nullable Throwable failure) {
    if (opened == null) {
      if (!ended) {
        ended = true;
        events.lost(leader);
      }
      return;
    }
    JoinStream join = new JoinStream(opened, this);
    if (ended) {
      join.reset();
      return;
    }
    stream = join;
    join.send(FrameKind.JOIN, own.message());
  }

  /**
   * A leader that has died silently would hold its followers for as long as a dial takes, and the
   * others would begin without them. So it has to be heard of now and then.
   */
  private void watch() {
    around
        .loop()
        .schedule(
            silenceMax.dividedBy(2),
            () -> {
              if (ended) {
                return;
              }
              if (heard.plus(silenceMax).isAfter(around.now())) {
                watch();
              } else {
                ended = true;
                if (stream != null) {
                  stream.reset();
                }
                events.silent(leader);
              }
            });
  }

  @Override
  public void frame(JoinStream from, Frame frame) throws FrameException {
    if (ended || frame.kind() != FrameKind.ANSWER) {
      return;
    }
    heard = around.now();
    JoinAnswerMessage answer = frame.parse(JoinAnswerMessage.parser());
    switch (answer.getAnswerCase()) {
      case WELCOME -> {}
      case CALL -> events.called();
      case COURSE -> take(answer.getCourse());
      case REDIRECT -> {
        Declaration next = read(answer.getRedirect());
        end();
        events.redirected(leader, next);
      }
      case REFUSED -> {
        end();
        events.refused(leader, answer.getRefused().getClosed());
      }
      case ANSWER_NOT_SET -> throw new FrameException("an answer without content");
    }
  }

  private void take(SignedCourseMessage course) throws FrameException {
    try {
      events.grouped(SignedCourse.open(leader.peer(), course));
    } catch (FrameException | IllegalArgumentException e) {
      events.misled(leader);
      throw e;
    }
  }

  private Declaration read(RedirectMessage redirect) throws FrameException {
    JoinMessage message =
        JoinMessage.newBuilder()
            .setKey(own.message().getKey())
            .setEpoch(own.message().getEpoch())
            .setDeclaredMicros(redirect.getDeclaredMicros())
            .setReachable(redirect.getReachable())
            .addAllAddresses(redirect.getAddressesList())
            .build();
    Declaration next =
        Declaration.read(PeerId.ofBytes(redirect.getLeader().toByteArray()), message);
    if (next.compareTo(leader) >= 0) {
      throw new FrameException("sends us to a declaration further behind");
    }
    return next;
  }

  @Override
  public void over(JoinStream from) {
    if (!ended) {
      ended = true;
      events.lost(leader);
    }
  }
}
