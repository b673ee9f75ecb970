package org.potluck.averaging.matchmaking;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.exchange.SignedCourse;
import org.potluck.averaging.wire.FrameException;
import org.potluck.network.PeerId;

/**
 * Whom a peer follows, if anybody: who has declared itself, which of them is first, and what became
 * of those that were followed.
 *
 * <p>Following always leads to a declaration further in front, so nobody can wait for himself in a
 * circle. A leader that is lost or refuses is struck off and the next one tried.
 */
final class LeaderSearch {
  /** What becomes of it. */
  interface Host {
    /** What this peer declares. */
    Declaration own();

    /** Whether nobody is looked for any more. */
    boolean over();

    /** Whether others follow this peer. */
    boolean hasFollowers();

    /** From now on this peer follows that one, and leads nobody. */
    void follows(Declaration leader);

    /** A leader is left; another one is followed now, or none. */
    void left();

    /** The leader says that the round is due. */
    void called();

    /** The leader has told the plan. */
    void found(SignedCourse told);

    /** The round began without this peer. */
    void tooLate();
  }

  /** A leader that sends this peer on to more others than that makes them up. */
  private static final int REDIRECTS_MAX = 8;

  private final Surroundings around;
  private final PlanCheck check;
  private final Host host;
  private final Candidates candidates = new Candidates();

  /** By leader, to whom it has sent this peer on. */
  private final Map<PeerId, Set<PeerId>> sentOn = new HashMap<>();

  private Duration silenceMax;
  private @Nullable Following following;
  private @Nullable PeerId plannedBy;

  LeaderSearch(Surroundings around, PlanCheck check, Host host) {
    this.around = around;
    this.check = check;
    this.host = host;
    this.silenceMax = around.options().silenceLimit();
  }

  /** The one that this peer follows. */
  Optional<Declaration> leader() {
    return Optional.ofNullable(following).map(Following::leader);
  }

  /** Somebody has declared itself. */
  void add(Declaration declaration) {
    candidates.add(declaration);
  }

  /** It lives, whatever became of a stay with it before; so it can be followed again. */
  void forgive(PeerId peer) {
    candidates.forgive(peer);
  }

  /** Tells the leader what has changed with us. */
  void update(Declaration own) {
    if (following != null) {
      following.update(own);
    }
  }

  /** Follows the first declaration, if there is one before this peer's own. */
  void followFirst() {
    if (following == null && !host.over()) {
      candidates.firstBefore(host.own(), this::isNotFollowed).ifPresent(this::follow);
    }
  }

  private boolean isNotFollowed(PeerId peer) {
    return around.shunned().contains(peer, around.now()) || around.trust().bannedByMost(peer);
  }

  private void follow(Declaration candidate) {
    Following stay = new Following(around, candidate, host.own(), silenceMax, new Stay());
    following = stay;
    host.follows(candidate);
    stay.start();
  }

  /** The time is up: a leader that let this peer wait, ready, is not followed for a while. */
  void limitReached() {
    if (following != null && host.own().ready()) {
      around.shunned().add(following.leader().peer(), around.now());
    }
  }

  void end() {
    if (following != null) {
      following.end();
    }
  }

  // What became of the plan.

  /** Whether {@code peer} made the plan that was found. */
  boolean plannedBy(PeerId peer) {
    return plannedBy != null && peer.equals(plannedBy);
  }

  /** The round that was found has averaged: its leader is as good as any. */
  void succeeded() {
    if (plannedBy != null) {
      around.shunned().forgive(plannedBy);
    }
  }

  /** The round that was found could not come to anything, as its leader had made it. */
  void wasHopeless() {
    if (plannedBy != null) {
      around.shunned().doubt(plannedBy, around.now());
    }
  }

  /** The leader of the round that was found told others another plan, and that is proven. */
  void wasBetrayed() {
    if (plannedBy != null) {
      around.shunned().add(plannedBy, around.now());
    }
  }

  private void leave() {
    following = null;
    followFirst();
    host.left();
  }

  /** What becomes of following the present leader. */
  private final class Stay implements Following.Events {
    @Override
    public void called() {
      host.called();
    }

    @Override
    public void grouped(SignedCourse told) throws FrameException {
      if (!check.passes(told.course(), host.own())) {
        throw new FrameException("a group for another round");
      }
      if (following != null) {
        plannedBy = following.leader().peer();
      }
      host.found(told);
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
        around.loop().schedule(around.options().graceMin(), LeaderSearch.this::followFirst);
      } else {
        followFirst();
      }
    }

    @Override
    public void refused(Declaration from, boolean closed) {
      if (closed) {
        host.tooLate();
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
                if (following == null && !host.hasFollowers()) {
                  candidates.forgiveLate();
                  followFirst();
                }
              });
    }
  }
}
