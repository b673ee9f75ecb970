package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.RoundTerms;
import org.potluck.averaging.exchange.Course;
import org.potluck.averaging.exchange.SignedCourse;
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
 * its followers on. {@link LeaderSearch} finds whom to follow, {@link Leading} waits for followers.
 */
public final class Matchmaker {
  private static final String BEGUN_WITHOUT = "the round began without this peer";

  private final Surroundings around;
  private final RoundTerms terms;
  private final LeaderSearch leaders;
  private final Herald herald;
  private final Leading leading;
  private final Absent absent;
  private final CompletableFuture<SignedCourse> found = new CompletableFuture<>();
  private final CompletableFuture<Void> called = new CompletableFuture<>();
  private Attendance attendance;
  private Declaration own;
  private boolean due;
  private EventLoop.@Nullable Timer limit;

  Matchmaker(Surroundings around, RoundTerms terms, Attendance attendance) {
    this.around = around;
    this.terms = terms;
    this.attendance = attendance;
    this.own = Declaration.of(around.self(), terms, around.now(), around.network().addresses());
    this.leaders = new LeaderSearch(around, new PlanCheck(terms, around.options()), new Led());
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
    heard.forEach(leaders::add);
    leaders.followFirst();
    leadUnlessFollowing();
  }

  /** Other peers are there than were. */
  public void expect(Attendance changed) {
    attendance = changed;
    if (!found.isDone()) {
      leadUnlessFollowing();
    }
  }

  /** Of how many trainers a round takes the contributions, as things stand. */
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
    return leaders.plannedBy(peer);
  }

  /** The round that was found has averaged: its leader is as good as any. */
  public void succeeded() {
    leaders.succeeded();
  }

  /** The round that was found could not come to anything, as its leader had made it. */
  public void wasHopeless() {
    leaders.wasHopeless();
  }

  /** The leader of the round that was found told others another plan, and that is proven. */
  public void wasBetrayed() {
    leaders.wasBetrayed();
  }

  private void tell(Declaration changed) {
    own = changed;
    leaders.update(own);
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
    leaders.forgive(declaration.peer());
    consider(declaration);
  }

  private void consider(Declaration declaration) {
    boolean meant =
        declaration.message().getKey().equals(terms.key())
            && declaration.message().getEpoch() == terms.epoch()
            && declaration.message().getModel().equals(terms.model());
    if (meant && !found.isDone() && !declaration.peer().equals(around.self())) {
      leaders.add(declaration);
      leaders.followFirst();
    }
  }

  /** What a follower says on its stream. */
  void join(JoinStream stream, Declaration declaration) {
    Optional<Declaration> leader = leaders.leader();
    if (leader.isPresent()) {
      stream.send(FrameKind.ANSWER, Answers.redirect(leader.get()));
      stream.close();
    } else {
      leading.join(stream, declaration);
    }
  }

  void left(JoinStream stream) {
    leading.left(stream);
  }

  void disconnected(PeerId peer) {
    if (attendance.coming().contains(peer)) {
      absent.disconnected(peer);
    }
  }

  void connected(PeerId peer) {
    absent.back(peer);
    leaders.forgive(peer);
    leaders.followFirst();
  }

  private boolean leads() {
    return leaders.leader().isEmpty();
  }

  private void leadUnlessFollowing() {
    if (leads() && !found.isDone()) {
      herald.announce(attendance.known());
      leading.review();
    }
  }

  /** What looking for a leader comes to. */
  private final class Led implements LeaderSearch.Host {
    @Override
    public Declaration own() {
      return own;
    }

    @Override
    public boolean over() {
      return found.isDone();
    }

    @Override
    public boolean hasFollowers() {
      return leading.followers() > 0;
    }

    @Override
    public void follows(Declaration leader) {
      leading.dismiss(Answers.redirect(leader));
    }

    @Override
    public void left() {
      if (leads()) {
        herald.forgetTold();
      }
      leadUnlessFollowing();
    }

    @Override
    public void called() {
      if (!called.isDone()) {
        limitUnlessLimited();
        called.complete(null);
      }
    }

    @Override
    public void found(SignedCourse told) {
      complete(told);
    }

    @Override
    public void tooLate() {
      fail(BEGUN_WITHOUT);
    }
  }

  /** What leading asks of the search. */
  private final class Host implements Leading.Host {
    @Override
    public boolean calls() {
      return due && leads();
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
    public boolean gone(PeerId peer) {
      return absent.has(peer);
    }

    @Override
    public void begin(List<Declaration> ready) {
      Map<PeerId, Course> courses = Courses.of(around, terms, ready);
      leading.tell(courses);
      Course ours = courses.get(around.self());
      if (ours != null) {
        complete(SignedCourse.sign(around.network().identity(), ours));
      } else {
        fail(BEGUN_WITHOUT);
      }
    }
  }

  // The end.

  private void limitReached() {
    if (found.isDone() || (leads() && leading.beginNow())) {
      return;
    }
    leaders.limitReached();
    fail(
        "%d of %d peers came together in time; a round takes %d of %d who train"
            .formatted(
                leading.followers() + 1,
                attendance.expected(),
                attendance.quorum(),
                attendance.trainers()));
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
    leaders.end();
  }
}
