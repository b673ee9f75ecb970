package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.exchange.Course;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.exchange.SignedCourse;
import org.potluck.averaging.proto.JoinAnswerMessage;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/**
 * The followers of a leader, and the decision when their group begins.
 *
 * <p>Followers come long before the round is due, while they still compute. When it is due the
 * leader calls them: each ends its micro-batch, says how long that will take, and then that it is
 * ready. Waiting for a fixed time would either lose peers that compute in longer steps or hold
 * everybody up for one that has died, so the leader waits for each as long as that one has said,
 * and for those who have not come at all as long as others took lately ({@link Grace}). Nobody
 * waits for those that this leader turns away; but they count for the quorum as all others do, or
 * leaders of different opinion could each begin a round of the same epoch.
 */
final class Leading {
  /** What a leader asks of its search. */
  interface Host {
    /** Whether this peer leads and the round is due. */
    boolean calls();

    Declaration own();

    Attendance attendance();

    /** Whether a peer is not there any more, as far as this one can see. */
    boolean gone(PeerId peer);

    /** Those who are ready, in group order, are the group. */
    void begin(List<Declaration> ready);
  }

  private static final class Follower {
    Declaration declaration;
    Instant awaited = Instant.MIN;

    Follower(Declaration declaration) {
      this.declaration = declaration;
    }
  }

  private final Surroundings around;
  private final Host host;
  private final Map<JoinStream, Follower> followers = new LinkedHashMap<>();
  private final Set<PeerId> turnedAway = new LinkedHashSet<>();
  private @Nullable Instant calledAt;
  private @Nullable Instant quorumAt;
  private Instant lastCame = Instant.MIN;
  private EventLoop.@Nullable Timer next;
  private boolean over;

  Leading(Surroundings around, Host host) {
    this.around = around;
    this.host = host;
    welcomeLater();
  }

  int followers() {
    return followers.size();
  }

  void join(JoinStream stream, Declaration declaration) {
    Follower known = followers.get(stream);
    String refusal = refusal(declaration, known == null);
    if (refusal != null) {
      followers.remove(stream);
      turnAway(declaration.peer());
      answer(stream, Answers.refusal(refusal, false));
      stream.close();
      review();
      return;
    }
    if (known != null) {
      update(known, declaration);
      return;
    }
    turnedAway.remove(declaration.peer());
    followers.values().removeIf(other -> other.declaration.peer().equals(declaration.peer()));
    Follower follower = new Follower(declaration);
    followers.put(stream, follower);
    answer(stream, Answers.WELCOME);
    if (calledAt != null) {
      call(stream, follower);
    }
    came();
    review();
  }

  private @Nullable String refusal(Declaration declaration, boolean isNew) {
    if (declaration.message().getLength() != host.own().message().getLength()) {
      return "another vector length";
    }
    if (isNew && followers.size() + 1 >= Group.MEMBERS_MAX) {
      return "the group is full";
    }
    double weight = declaration.message().getWeight();
    return around.trust().refusal(declaration.peer(), weight, around.now()).orElse(null);
  }

  private void turnAway(PeerId peer) {
    if (turnedAway.size() < Group.MEMBERS_MAX) {
      turnedAway.add(peer);
    }
  }

  private void update(Follower follower, Declaration declaration) {
    follower.declaration = declaration;
    if (declaration.ready()) {
      came();
    } else if (calledAt != null && declaration.readyIn().isPositive()) {
      Instant twice =
          around.now().plus(declaration.readyIn().multipliedBy(2)).plus(around.grace().current());
      Instant limit = calledAt.plus(longestWait());
      follower.awaited = twice.isBefore(limit) ? twice : limit;
    }
    review();
  }

  /** A follower has left before the group began. */
  void left(JoinStream stream) {
    if (followers.remove(stream) != null) {
      review();
    }
  }

  /** Looks whether the group begins now, and if not, when to look again. */
  void review() {
    if (over || !host.calls()) {
      return;
    }
    callAll();
    List<Declaration> ready = ready();
    if (!isQuorum(ready)) {
      return;
    }
    if (quorumAt == null) {
      quorumAt = around.now();
    }
    Instant until = awaited(quorumAt);
    if (next != null) {
      next.cancel();
    }
    if (until.isAfter(around.now())) {
      next = around.loop().schedule(Duration.between(around.now(), until), this::review);
    } else {
      begin(ready);
    }
  }

  /** Begins with those who are ready, if they are a quorum. */
  boolean beginNow() {
    List<Declaration> ready = ready();
    if (over || !isQuorum(ready)) {
      return false;
    }
    begin(ready);
    return true;
  }

  private boolean isQuorum(List<Declaration> ready) {
    long trainers = ready.stream().filter(Declaration::trains).count();
    return !ready.isEmpty() && trainers >= host.attendance().quorum();
  }

  private void begin(List<Declaration> ready) {
    if (quorumAt != null) {
      around
          .grace()
          .observe(Duration.between(quorumAt, lastCame.isAfter(quorumAt) ? lastCame : quorumAt));
    }
    host.begin(ready);
  }

  private List<Declaration> ready() {
    List<Declaration> ready = new ArrayList<>();
    if (host.own().ready()) {
      ready.add(host.own());
    }
    followers.values().stream()
        .map(follower -> follower.declaration)
        .filter(Declaration::ready)
        .forEach(ready::add);
    return ready;
  }

  private Instant awaited(Instant quorum) {
    Instant until = Instant.MIN;
    for (Follower follower : followers.values()) {
      if (!follower.declaration.ready()) {
        until = later(until, follower.awaited);
      }
    }
    if (!host.own().ready() && calledAt != null) {
      until = later(until, calledAt.plus(longestWait()));
    }
    if (followers.size() + 1 < mayCome()) {
      until = later(until, later(quorum, lastCame).plus(around.grace().current()));
    }
    return until;
  }

  /** How many of those expected can still come or have, this peer included. */
  private int mayCome() {
    Attendance attendance = host.attendance();
    long missing =
        attendance.coming().stream().filter(peer -> host.gone(peer) || turnsAway(peer)).count();
    return attendance.expected() - (int) missing;
  }

  private boolean turnsAway(PeerId peer) {
    return turnedAway.contains(peer) || around.trust().ban(peer, around.now()).isPresent();
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private void came() {
    lastCame = around.now();
  }

  private void callAll() {
    if (calledAt == null) {
      calledAt = around.now();
      followers.forEach(this::call);
    }
  }

  private void call(JoinStream stream, Follower follower) {
    if (!follower.declaration.ready()) {
      // Until it answers the call: one that does not has died, or its machine is very busy.
      follower.awaited = around.now().plus(around.options().silenceLimit());
      answer(stream, Answers.CALL);
    }
  }

  /** Followers give up at the limit itself. */
  private Duration longestWait() {
    return around.options().matchmakingLimit().dividedBy(2);
  }

  /** Members hear of their groups, the others that the round began without them. */
  void tell(Map<PeerId, Course> courses) {
    IdentityHashMap<Course, JoinAnswerMessage> signed = new IdentityHashMap<>();
    for (Map.Entry<JoinStream, Follower> follower : List.copyOf(followers.entrySet())) {
      Course course = courses.get(follower.getValue().declaration.peer());
      JoinAnswerMessage answer =
          course == null ? Answers.BEGUN : signed.computeIfAbsent(course, this::answer);
      answer(follower.getKey(), answer);
      follower.getKey().close();
    }
    followers.clear();
  }

  private JoinAnswerMessage answer(Course course) {
    return Answers.course(SignedCourse.sign(around.network().identity(), course));
  }

  /** Sends all followers away. */
  void dismiss(JoinAnswerMessage answer) {
    for (JoinStream follower : List.copyOf(followers.keySet())) {
      answer(follower, answer);
      follower.close();
    }
    followers.clear();
    calledAt = null;
    quorumAt = null;
    lastCame = Instant.MIN;
  }

  void end() {
    over = true;
    if (next != null) {
      next.cancel();
    }
  }

  /** Followers hear now and then that their leader lives. */
  private void welcomeLater() {
    around
        .loop()
        .schedule(
            around.options().silenceLimit().dividedBy(8),
            () -> {
              if (!over) {
                followers.keySet().forEach(follower -> answer(follower, Answers.WELCOME));
                welcomeLater();
              }
            });
  }

  private static void answer(JoinStream stream, JoinAnswerMessage answer) {
    stream.send(FrameKind.ANSWER, answer);
  }
}
