package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.proto.FreezeMessage;
import org.potluck.averaging.proto.HeldMessage;
import org.potluck.averaging.proto.HeldVersionMessage;
import org.potluck.averaging.proto.ReassignMessage;
import org.potluck.averaging.proto.RunMessage;
import org.potluck.averaging.proto.SuspectMessage;
import org.potluck.averaging.wire.FrameException;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;

/**
 * Gives the spans of dead and slow reducers to others, so that all who finish hold the same bits.
 *
 * <p>Some members may hold averages that a dead reducer sent, others not. Keeping local values (as
 * hivemind does) or averaging anew at once would leave members with different bits. So the
 * coordinator runs what group communication calls a view change (Birman and Joseph, 1987): it names
 * the dead, the slow, and a new generation; each live member answers with the chunks it holds and
 * from then on accepts nothing of those spans; when all have answered the coordinator gives every
 * such chunk to a member that holds it, or else to a stand-in to which all send their contributions
 * again. Generations only rise and name their coordinator; it may die itself, and the next one
 * starts a higher generation. Members that are no quorum without the dead abandon the round.
 */
final class Succession {
  /** What follows from decisions. */
  interface Effects {
    /** A generation has begun: nothing of freed chunks is sent or accepted. */
    void frozen();

    /** Freed chunks have been given away; the member {@code wanted.get(m)} is asked for. */
    void decided(List<List<Integer>> wanted);

    /** Those left cannot decide anything. */
    void outnumbered();

    /** The others have decided without this member. */
    void buried();

    /** It is at fault. */
    void lose(int member, PeerFault fault);

    /** The others have decided without {@code member}. */
    void drop(int member, PeerFault fault);
  }

  /** What others told that is not credible yet, of who is dead or slow: looked at again later. */
  private interface Told {
    void again() throws FrameException;
  }

  private static final int NOBODY = -1;

  /** By how much a generation's rank may exceed the last known: others may have had many. */
  private static final long RANKS_MAX = 1 << 20;

  /**
   * Of the generations that one member begins, for each member of the group: each of them can die,
   * and be slow, and go while it is waited for.
   */
  private static final int BEGUN_PER_MEMBER_MAX = 8;

  private final Round round;
  private final Roster roster;
  private final Ledger ledger;
  private final Averages averages;
  private final Sender sender;
  private final Effects effects;

  /** How many generations each member has begun. */
  private final int[] begun;

  /** How long all decisions of each member together have been waited for. */
  private final Duration[] waitedFor;

  /** The generations that this member has been in. */
  private final Set<Long> known = new HashSet<>(Set.of(0L));

  /** By who told it, in the order in which it came. */
  private final Map<Integer, Told> doubtful = new LinkedHashMap<>();

  private Instant frozenSince;
  private @Nullable Recovery recovery;

  Succession(
      Round round,
      Roster roster,
      Ledger ledger,
      Averages averages,
      Sender sender,
      Effects effects) {
    this.round = round;
    this.roster = roster;
    this.ledger = ledger;
    this.averages = averages;
    this.sender = sender;
    this.effects = effects;
    this.begun = new int[round.size()];
    this.waitedFor = new Duration[round.size()];
    Arrays.fill(waitedFor, Duration.ZERO);
    this.frozenSince = round.started;
  }

  /** We have lost a member: the others should know. */
  void memberLost(int member) {
    roster.broadcast(
        Frames.of(FrameKind.SUSPECT, SuspectMessage.newBuilder().setMember(member).build()));
    doubtful.remove(member);
    lookAgain();
    recoverIfNeeded();
  }

  /** Somebody more is lost somewhere: what was doubtful may not be any longer. */
  private void lookAgain() {
    for (Map.Entry<Integer, Told> each : List.copyOf(doubtful.entrySet())) {
      if (doubtful.remove(each.getKey(), each.getValue())) {
        try {
          each.getValue().again();
        } catch (FrameException e) {
          effects.lose(
              each.getKey(),
              new PeerFault.Malformed(round.peer(each.getKey()), String.valueOf(e.getMessage())));
        }
      }
    }
  }

  /**
   * Whether to believe who is dead and slow.
   *
   * @param told looked at again when it is not, and somebody else is lost
   */
  private boolean isCredible(Neighbour by, List<Integer> dead, List<Integer> slow, Told told) {
    BitSet all = (BitSet) roster.slow.clone();
    slow.forEach(all::set);
    boolean newlySlow =
        slow.stream().anyMatch(member -> member != by.index && !roster.slow.get(member));
    // Nobody can be late yet; by a little, clocks of members differ.
    Duration tooSoon = round.options.silenceLimit().minus(round.elapsed());
    boolean early = newlySlow && tooSoon.isPositive();
    boolean credible =
        dead.stream().allMatch(member -> roster.isCredibleDeath(member, by))
            && roster.isCredibleSlowness(all)
            && !early;
    if (credible) {
      doubtful.remove(by.index);
    } else {
      doubtful.put(by.index, told);
      if (early) {
        round.later(tooSoon, this::lookAgain);
      }
    }
    return credible;
  }

  /**
   * Another member has lost one.
   *
   * @return which, or -1 where it has said so before
   */
  int suspected(Neighbour by, SuspectMessage message) throws FrameException {
    int suspect = checked(List.of(message.getMember())).getFirst();
    if (by.suspects.get(suspect)) {
      return NOBODY;
    }
    by.suspects.set(suspect);
    lookAgain();
    recoverIfNeeded();
    return suspect;
  }

  /** Starts a generation if that is for this member to do. */
  private void recoverIfNeeded() {
    if (round.over() || roster.coordinator() != round.self) {
      return;
    }
    boolean needed = recovery == null && ledger.frozen();
    for (int i = 0; i < round.size(); i++) {
      boolean awaited = recovery != null && recovery.awaits(i) && roster.at(i).lost;
      needed |= awaited || (!roster.dead.get(i) && roster.isGone(i));
    }
    if (needed) {
      recover();
    }
  }

  /** Relieves a live member of reducing if that is for this member to do. */
  void relieve(int member) {
    if (roster.slow.get(member) || recovery != null) {
      return;
    }
    roster.slow.set(member);
    if (!roster.isCredibleSlowness(roster.slow)) {
      roster.slow.clear(member);
    } else if (roster.coordinator() == round.self) {
      round.blame(new PeerFault.Late(round.peer(member), "reducing its span"));
      recover();
    } else {
      roster.slow.clear(member);
    }
  }

  private void recover() {
    BitSet dead = (BitSet) roster.dead.clone();
    for (int i = 0; i < round.size(); i++) {
      boolean unheard = i != round.self && !roster.hasLink(i);
      dead.set(i, dead.get(i) || unheard || roster.at(i).lost);
    }
    BitSet live = new BitSet();
    live.set(0, round.size());
    live.andNot(dead);
    if (!roster.quorum(live)) {
      effects.outnumbered();
      return;
    }
    roster.dead.or(dead);
    enter((rank() + 1) * Group.MEMBERS_MAX + round.self);
    BitSet awaited = new BitSet();
    roster.others().stream()
        .filter(other -> roster.alive(other.index))
        .forEach(other -> awaited.set(other.index));
    Recovery begun = new Recovery(roster, ledger, awaited, round.loop.now());
    begun.answer(round.self, averages.held());
    recovery = begun;
    roster.broadcast(
        Frames.of(
            FrameKind.FREEZE,
            FreezeMessage.newBuilder()
                .setGeneration(ledger.generation())
                .addAllDead(roster.dead.stream().boxed().toList())
                .addAllSlow(roster.slow.stream().boxed().toList())
                .build()));
    concludeWhenAnswered();
  }

  /** Of the present generation; the plan has the rank 0. */
  private long rank() {
    return ledger.generation() / Group.MEMBERS_MAX;
  }

  private void enter(long generation) {
    recovery = null;
    countWait();
    frozenSince = round.loop.now();
    known.add(generation);
    ledger.freeze(generation, roster.dead, roster.slow);
    effects.frozen();
  }

  /** Our generation ends, with a decision or without. */
  private void countWait() {
    if (ledger.frozen()) {
      int by = (int) (ledger.generation() % Group.MEMBERS_MAX);
      waitedFor[by] = waitedFor[by].plus(Duration.between(frozenSince, round.loop.now()));
    }
  }

  /** A coordinator begins a generation. */
  void freeze(Neighbour from, FreezeMessage message) throws FrameException {
    if (message.getGeneration() % Group.MEMBERS_MAX != from.index) {
      throw new FrameException("a generation of another coordinator");
    }
    if (message.getGeneration() <= ledger.generation()) {
      return;
    }
    long leap = message.getGeneration() / Group.MEMBERS_MAX - rank();
    begun[from.index]++;
    if (leap > RANKS_MAX || begun[from.index] > BEGUN_PER_MEMBER_MAX * round.size()) {
      throw new FrameException("more generations than there can be");
    }
    List<Integer> dead = checked(message.getDeadList());
    join(from, message.getGeneration(), dead, checked(message.getSlowList()));
  }

  private void join(Neighbour from, long generation, List<Integer> dead, List<Integer> slow) {
    if (generation <= ledger.generation()
        || !isCredible(from, dead, slow, () -> join(from, generation, dead, slow))
        || !bury(dead)) {
      return;
    }
    slow.forEach(roster.slow::set);
    enter(generation);
    HeldMessage.Builder answer =
        HeldMessage.newBuilder()
            .setGeneration(ledger.generation())
            .addAllDead(roster.dead.stream().boxed().toList())
            .addAllSlow(roster.slow.stream().boxed().toList());
    averages
        .held()
        .forEach(
            (version, chunks) ->
                answer.addHeld(
                    HeldVersionMessage.newBuilder()
                        .setVersion(version)
                        .setChunks(ByteString.copyFrom(chunks.toByteArray()))));
    from.tell(Frames.of(FrameKind.HELD, answer.build()));
  }

  /** A member answers our generation. */
  void held(Neighbour from, HeldMessage message) throws FrameException {
    Recovery current = recovery;
    if (current == null || message.getGeneration() != current.generation()) {
      return;
    }
    List<Integer> dead = checked(message.getDeadList());
    List<Integer> slow = checked(message.getSlowList());
    if (!isCredible(from, dead, slow, () -> held(from, message))) {
      // Should nobody else come to say it, then it holds what it holds all the same.
      round.later(round.options.silenceLimit(), () -> holdsAnyway(current, from, message));
      return;
    }
    Map<Long, BitSet> held = held(message);
    BitSet before = (BitSet) roster.dead.clone();
    before.or(roster.slow);
    if (!bury(dead)) {
      return;
    }
    slow.forEach(roster.slow::set);
    BitSet after = (BitSet) roster.dead.clone();
    after.or(roster.slow);
    if (!before.equals(after)) {
      recover();
      return;
    }
    current.answer(from.index, held);
    concludeWhenAnswered();
  }

  private void holdsAnyway(Recovery asked, Neighbour from, HeldMessage message) {
    if (recovery == asked && asked.awaits(from.index) && doubtful.remove(from.index) != null) {
      try {
        asked.answer(from.index, held(message));
        concludeWhenAnswered();
      } catch (FrameException e) {
        effects.lose(
            from.index,
            new PeerFault.Malformed(round.peer(from.index), String.valueOf(e.getMessage())));
      }
    }
  }

  /** What a member says that it holds: chunks that there are, each in one earlier version. */
  private Map<Long, BitSet> held(HeldMessage message) throws FrameException {
    Map<Long, BitSet> held = new TreeMap<>();
    BitSet all = new BitSet();
    for (HeldVersionMessage each : message.getHeldList()) {
      BitSet chunks = BitSet.valueOf(each.getChunks().toByteArray());
      // What was decided in a generation, this member was asked in as well.
      boolean earlier =
          each.getVersion() < message.getGeneration() && known.contains(each.getVersion());
      if (!earlier || chunks.length() > round.chunks.size() || all.intersects(chunks)) {
        throw new FrameException("holds what there is not");
      }
      all.or(chunks);
      held.put(each.getVersion(), chunks);
    }
    return held;
  }

  /** Takes members out; false when we are among them. */
  private boolean bury(List<Integer> named) {
    if (named.contains(round.self)) {
      effects.buried();
      return false;
    }
    named.forEach(roster.dead::set);
    for (int member : named) {
      effects.drop(member, new PeerFault.Silent(round.peer(member), "the round, as others saw it"));
    }
    return !round.over();
  }

  private List<Integer> checked(List<Integer> members) throws FrameException {
    for (int member : members) {
      if (member < 0 || member >= round.size()) {
        throw new FrameException("names member " + member);
      }
    }
    return List.copyOf(members);
  }

  private void concludeWhenAnswered() {
    Recovery current = recovery;
    if (current != null && current.complete()) {
      recovery = null;
      ReassignMessage message = current.decide(round.chunks);
      roster.broadcast(Frames.of(FrameKind.REASSIGN, message));
      apply(message);
    }
  }

  /** The coordinator of our generation has decided. */
  void reassign(Neighbour from, ReassignMessage message) throws FrameException {
    if (message.getGeneration() % Group.MEMBERS_MAX != from.index) {
      throw new FrameException("decides for another coordinator");
    }
    if (message.getGeneration() != ledger.generation() || !ledger.frozen()) {
      return;
    }
    BitSet given = new BitSet();
    for (RunMessage run : message.getRunsList()) {
      long end = (long) run.getFirst() + run.getCount();
      // One after the other, or a message of some kilobytes could take hours to carry out.
      boolean sound =
          run.getFirst() >= given.length()
              && run.getCount() > 0
              && end <= round.chunks.size()
              && run.getOwner() >= 0
              && run.getOwner() < round.size()
              && run.getVersion() >= 0
              && run.getVersion() <= message.getGeneration();
      if (!sound) {
        throw new FrameException("gives away what there is not");
      }
      given.set(run.getFirst(), (int) end);
    }
    for (RunMessage run : message.getRunsList()) {
      for (int chunk = run.getFirst(); chunk < run.getFirst() + run.getCount(); chunk++) {
        if (!agrees(chunk, run)) {
          // Others cannot know it: whoever is lied about decides itself, with what all hold.
          round.blame(
              new PeerFault.Malformed(round.peer(from.index), "decides against what it was told"));
          recover();
          return;
        }
      }
    }
    for (int chunk = 0; chunk < round.chunks.size(); chunk++) {
      if (given.get(chunk) != ledger.isFreed(chunk, roster.dead, roster.slow)) {
        throw new FrameException("gives away other chunks than those freed");
      }
    }
    apply(message);
  }

  /** Whether a decision about a chunk goes with what this member has said that it holds. */
  private boolean agrees(int chunk, RunMessage run) {
    boolean old = run.getVersion() < ledger.generation();
    boolean held = averages.holds(chunk);
    if (old && !known.contains(run.getVersion())) {
      return false;
    }
    if (held && averages.version(chunk) == run.getVersion()) {
      return true;
    }
    if (old && run.getOwner() == round.self) {
      return false;
    }
    // What a slow member holds alone, or one that others cannot ask, may be made anew.
    boolean counts = round.member(round.self).reachable() && !roster.slow.get(round.self);
    boolean newer = old && run.getVersion() > averages.version(chunk);
    return !held || !counts || newer;
  }

  private void apply(ReassignMessage message) {
    countWait();
    List<List<Integer>> wanted = new ArrayList<>();
    for (int i = 0; i < round.size(); i++) {
      wanted.add(new ArrayList<>());
    }
    for (RunMessage run : message.getRunsList()) {
      for (int i = 0; i < run.getCount(); i++) {
        int chunk = run.getFirst() + i;
        ledger.give(chunk, run.getOwner(), run.getVersion());
        if (round.running()
            && averages.holds(chunk)
            && averages.version(chunk) != run.getVersion()) {
          averages.drop(chunk);
        }
        if (averages.holds(chunk) || run.getOwner() == round.self) {
          continue;
        }
        if (run.getVersion() < message.getGeneration()) {
          wanted.get(run.getOwner()).add(chunk);
        } else {
          sender.contribute(chunk, run.getOwner());
        }
      }
    }
    ledger.thaw();
    effects.decided(wanted);
  }

  /** Whether our generation has waited too long for this member's answer. */
  boolean unanswered(int member, Instant now) {
    Recovery current = recovery;
    return current != null
        && current.awaits(member)
        && Duration.between(current.begun(), now).compareTo(patience()) > 0;
  }

  /**
   * Whether this member has begun our generation and not ended it for too long. It waits for others
   * itself, and begins anew when it has waited in vain; so it is waited for twice as long, with all
   * its generations together.
   */
  boolean undecided(int member, Instant now) {
    return ledger.frozen()
        && recovery == null
        && ledger.generation() % Group.MEMBERS_MAX == member
        && waitedFor[member]
                .plus(Duration.between(frozenSince, now))
                .compareTo(patience().multipliedBy(2))
            > 0;
  }

  /**
   * How long an answer may take: a member may still be dialing us. It does not wait behind chunks,
   * and is given at once, whatever the member has no room for.
   */
  private Duration patience() {
    return round.options.silenceLimit().multipliedBy(2).plus(round.options.dialLimit());
  }
}
