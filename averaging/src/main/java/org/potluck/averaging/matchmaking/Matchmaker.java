package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.RoundTerms;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.CodecLadder;
import org.potluck.averaging.exchange.Course;
import org.potluck.averaging.exchange.Group;
import org.potluck.averaging.exchange.Member;
import org.potluck.averaging.exchange.Rounds;
import org.potluck.averaging.exchange.SignedCourse;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.network.EventLoop;
import org.potluck.network.PeerId;

/**
 * One peer's search for the group of one round.
 *
 * <p>It begins ahead of need: a peer enlists while it still computes, says that the round is due
 * when the target batch is there, and that it is ready when it has its contribution.
 *
 * <p>Everybody declares itself, directly to the peers it knows and in the DHT for those it does
 * not. The first declaration in their order leads: those that can be dialed come first, among them
 * the earliest. Whoever knows one before its own follows it; a leader that comes to follow sends
 * its followers on. Following always leads to a declaration further in front, so nobody can wait
 * for himself in a circle. A leader that is lost or refuses is struck off and the next one tried.
 */
public final class Matchmaker {
  /** A leader that sends this peer on to more others than that makes them up. */
  private static final int REDIRECTS_MAX = 8;

  private final Surroundings around;
  private final RoundTerms terms;
  private final Candidates candidates = new Candidates();
  private final Herald herald;
  private final Leading leading;
  private final Absent absent;
  private final CompletableFuture<SignedCourse> found = new CompletableFuture<>();
  private final CompletableFuture<Void> called = new CompletableFuture<>();
  private Attendance attendance;
  private Declaration own;
  private @Nullable Following following;
  private @Nullable PeerId ledBy;

  /** By leader, to whom it has sent this peer on. */
  private final Map<PeerId, Set<PeerId>> sentOn = new HashMap<>();

  private Duration silenceMax;
  private boolean due;
  private EventLoop.@Nullable Timer limit;

  Matchmaker(Surroundings around, RoundTerms terms, Attendance attendance) {
    this.around = around;
    this.terms = terms;
    this.attendance = attendance;
    this.silenceMax = around.options().silenceLimit();
    this.own = Declaration.of(around.self(), terms, around.now(), around.network().addresses());
    this.herald = new Herald(around, own, this::consider);
    this.leading = new Leading(around, new Host());
    this.absent = new Absent(around, leading::review);
  }

  /** Completes with the group or groups; fails with {@link NoGroupException}. */
  public CompletableFuture<SignedCourse> found() {
    return found;
  }

  /** Completes when the leader says that the round is due; perhaps never. */
  public CompletableFuture<Void> called() {
    return called;
  }

  void start(List<Declaration> heard) {
    heard.forEach(candidates::add);
    followFirst();
    leadUnlessFollowing();
  }

  /** Other peers are there than were. */
  public void expect(Attendance changed) {
    attendance = changed;
    if (!found.isDone()) {
      leadUnlessFollowing();
    }
  }

  /** Of how many peers a round takes the contributions, as things stand. */
  public int quorum() {
    return attendance.quorum();
  }

  /** The target batch is there: a leader calls its followers. */
  public void due() {
    if (!due && !found.isDone()) {
      due = true;
      limitUnlessLimited();
      leading.review();
    }
  }

  /** About how long this peer still needs, said when it was called. */
  public void readyIn(Duration estimate) {
    if (!own.ready() && !found.isDone()) {
      tell(own.readyIn(estimate));
    }
  }

  /** The contribution is there. */
  public void bring(double weight, Instant deadline) {
    if (found.isDone()) {
      return;
    }
    tell(own.ready(weight));
    Duration left = Duration.between(around.now(), deadline);
    Duration usual = around.options().matchmakingLimit();
    limit(left.compareTo(usual) < 0 ? left : usual);
    due = true;
    leading.review();
  }

  /** Gives up at once. */
  public void cancel() {
    fail("cancelled");
  }

  /** Whether {@code peer} made the plan that was found. */
  public boolean followed(PeerId peer) {
    return ledBy != null && peer.equals(ledBy);
  }

  /** The round that was found has averaged: its leader is as good as any. */
  public void succeeded() {
    if (ledBy != null) {
      around.shunned().forgive(ledBy);
    }
  }

  /** The round that was found could not come to anything, as its leader had made it. */
  public void wasHopeless() {
    if (ledBy != null) {
      around.shunned().doubt(ledBy, around.now());
    }
  }

  /** The leader of the round that was found told others another plan, and that is proven. */
  public void wasBetrayed() {
    if (ledBy != null) {
      around.shunned().add(ledBy, around.now());
    }
  }

  private void tell(Declaration changed) {
    own = changed;
    if (following != null) {
      following.update(own);
    }
  }

  private void limitUnlessLimited() {
    if (limit == null) {
      limit(around.options().matchmakingLimit());
    }
  }

  /** Counts anew from now. */
  private void limit(Duration after) {
    if (limit != null) {
      limit.cancel();
    }
    Duration delay = after.isNegative() ? Duration.ZERO : after;
    limit = around.loop().schedule(delay, this::limitReached);
  }

  // Others.

  /** Somebody else tells us itself of its declaration; so it lives. */
  void heard(Declaration declaration) {
    candidates.forgive(declaration.peer());
    consider(declaration);
  }

  private void consider(Declaration declaration) {
    boolean meant =
        declaration.message().getKey().equals(terms.key())
            && declaration.message().getEpoch() == terms.epoch()
            && declaration.message().getModel().equals(terms.model());
    if (meant && !found.isDone() && !declaration.peer().equals(around.self())) {
      candidates.add(declaration);
      followFirst();
    }
  }

  /** What a follower says on its stream. */
  void join(JoinStream stream, Declaration declaration) {
    if (following != null) {
      stream.send(FrameKind.ANSWER, Answers.redirect(following.leader()));
      stream.close();
    } else {
      leading.join(stream, declaration);
    }
  }

  void left(JoinStream stream) {
    leading.left(stream);
  }

  void disconnected(PeerId peer) {
    if (attendance.known().contains(peer)) {
      absent.disconnected(peer);
    }
  }

  /** It lives, whatever became of our stream before; so it can be followed again. */
  void connected(PeerId peer) {
    absent.back(peer);
    candidates.forgive(peer);
    followFirst();
  }

  // Whom to follow.

  private void followFirst() {
    if (following != null || found.isDone()) {
      return;
    }
    Optional<Declaration> first =
        candidates.firstBefore(
            own,
            peer ->
                around.shunned().contains(peer, around.now()) || around.trust().bannedByMost(peer));
    first.ifPresent(this::follow);
  }

  private void follow(Declaration candidate) {
    Following stay = new Following(around, candidate, own, silenceMax, new Stay());
    following = stay;
    leading.dismiss(Answers.redirect(candidate));
    stay.start();
  }

  private void leadUnlessFollowing() {
    if (following == null && !found.isDone()) {
      herald.announce(attendance.known());
      leading.review();
    }
  }

  private void leave() {
    following = null;
    followFirst();
    if (following == null) {
      herald.forgetTold();
    }
    leadUnlessFollowing();
  }

  /** What becomes of following the present leader. */
  private final class Stay implements Following.Events {
    @Override
    public void called() {
      if (!called.isDone()) {
        limitUnlessLimited();
        called.complete(null);
      }
    }

    @Override
    public void grouped(SignedCourse told) throws FrameException {
      Course course = told.course();
      boolean ours =
          own.ready()
              && course.isFor(around.self())
              && weightIn(course.stages().getFirst()) == own.message().getWeight();
      for (Group group : course.stages()) {
        ours &= isOfThisRound(group) && hasAllowedCodecs(group);
        ours &= Rounds.hasSoundChunks(group, around.options());
      }
      if (!ours) {
        throw new FrameException("a group for another round");
      }
      if (following != null) {
        ledBy = following.leader().peer();
      }
      complete(told);
    }

    private boolean isOfThisRound(Group group) {
      return group.key().equals(terms.key())
          && group.epoch() == terms.epoch()
          && group.length() == terms.length()
          && rungs().stream().anyMatch(rung -> isWith(group, rung));
    }

    /** What is carried on from an earlier stage are averages, in their codec. */
    private static boolean isWith(Group group, CodecLadder.Rung rung) {
      return group.codecUp().equals(group.carried() ? rung.down() : rung.up())
          && group.codecDown().equals(rung.down());
    }

    private boolean hasAllowedCodecs(Group group) {
      for (Member member : group.members()) {
        CodecId own = member.codec();
        boolean allowed =
            own == null
                || (!group.carried() && rungs().stream().anyMatch(rung -> rung.up().equals(own)));
        if (!allowed) {
          return false;
        }
      }
      return true;
    }

    /** The codecs that the leader may choose. */
    private List<CodecLadder.Rung> rungs() {
      return around.options().exchangeAim().isZero()
          ? List.of(new CodecLadder.Rung(terms.codecUp(), terms.codecDown()))
          : CodecLadder.rungs(terms.length());
    }

    /** One whom the leader gave another weight than it declared would be blamed for it. */
    private double weightIn(Group group) {
      return group.members().get(group.indexOf(around.self())).weight();
    }

    @Override
    public void redirected(Declaration from, Declaration next) {
      if (next.peer().equals(around.self())) {
        // It holds us for another than we are.
        lost(from);
        return;
      }
      Set<PeerId> targets = sentOn.computeIfAbsent(from.peer(), peer -> new HashSet<>());
      if (targets.add(next.peer()) && targets.size() > REDIRECTS_MAX) {
        around.shunned().add(from.peer(), around.now());
        lost(from);
        return;
      }
      candidates.add(next);
      following = null;
      if (candidates.struck(next.peer())) {
        // The old leader will notice, too, that this one is dead: ask it again soon.
        around.loop().schedule(around.options().graceMin(), Matchmaker.this::followFirst);
      } else {
        followFirst();
      }
    }

    @Override
    public void refused(Declaration from, boolean closed) {
      if (closed) {
        fail("the round began without this peer");
      } else {
        lost(from);
      }
    }

    /** Announcing itself again does not help it. */
    @Override
    public void misled(Declaration from) {
      around.shunned().add(from.peer(), around.now());
    }

    @Override
    public void lost(Declaration from) {
      candidates.refuse(from.peer());
      leave();
    }

    /** The next one is tried soon, and this one again later with more patience. */
    @Override
    public void silent(Declaration from) {
      candidates.miss(from.peer());
      silenceMax = silenceMax.multipliedBy(2);
      leave();
      around
          .loop()
          .schedule(
              silenceMax,
              () -> {
                if (following == null && leading.followers() == 0) {
                  candidates.forgiveLate();
                  followFirst();
                }
              });
    }
  }

  /** What leading asks of the search. */
  private final class Host implements Leading.Host {
    @Override
    public boolean calls() {
      return due && following == null;
    }

    @Override
    public Declaration own() {
      return own;
    }

    @Override
    public Attendance attendance() {
      return attendance;
    }

    @Override
    public int mayCome() {
      return attendance.expected() - (int) absent.of(attendance.known());
    }

    @Override
    public void begin(List<Declaration> ready) {
      Map<PeerId, Course> courses = Courses.of(around, terms, ready);
      leading.tell(courses);
      Course ours = courses.get(around.self());
      if (ours != null) {
        complete(SignedCourse.sign(around.network().identity(), ours));
      } else {
        fail("the round began without this peer");
      }
    }
  }

  // The end.

  private void limitReached() {
    if (found.isDone() || (following == null && leading.beginNow())) {
      return;
    }
    if (following != null && own.ready()) {
      around.shunned().add(following.leader().peer(), around.now());
    }
    fail(
        "%d of %d peers came together in time; a round takes %d"
            .formatted(leading.followers() + 1, attendance.expected(), attendance.quorum()));
  }

  private void complete(SignedCourse course) {
    end();
    found.complete(course);
  }

  private void fail(String reason) {
    if (!found.isDone()) {
      leading.dismiss(Answers.refusal(reason, false));
      end();
      found.completeExceptionally(new NoGroupException(reason));
    }
  }

  private void end() {
    herald.stop();
    leading.end();
    absent.end();
    if (limit != null) {
      limit.cancel();
    }
    if (following != null) {
      following.end();
    }
  }
}
