package org.potluck.averaging.exchange;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
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

    /** The others have decided without {@code member}. */
    void drop(int member, PeerFault fault);
  }

  private final Round round;
  private final Roster roster;
  private final Ledger ledger;
  private final Averages averages;
  private final Sender sender;
  private final Effects effects;
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
  }

  /** We have lost a member: the others should know. */
  void memberLost(int member) {
    roster.broadcast(
        Frames.of(FrameKind.SUSPECT, SuspectMessage.newBuilder().setMember(member).build()));
    recoverIfNeeded();
  }

  /**
   * Another member has lost one.
   *
   * @return which
   */
  int suspected(Neighbour by, SuspectMessage message) throws FrameException {
    int suspect = checked(List.of(message.getMember())).getFirst();
    by.suspects.set(suspect);
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
      needed |= awaited || (!roster.dead.get(i) && roster.isLostToAll(i));
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
    if (roster.coordinator() == round.self) {
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
    long rank = ledger.generation() / Group.MEMBERS_MAX + 1;
    enter(rank * Group.MEMBERS_MAX + round.self);
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

  private void enter(long generation) {
    recovery = null;
    ledger.freeze(generation, roster.dead, roster.slow);
    effects.frozen();
  }

  /** A coordinator begins a generation. */
  void freeze(Neighbour from, FreezeMessage message) throws FrameException {
    if (message.getGeneration() % Group.MEMBERS_MAX != from.index) {
      throw new FrameException("a generation of another coordinator");
    }
    if (message.getGeneration() <= ledger.generation()) {
      return;
    }
    List<Integer> slow = checked(message.getSlowList());
    if (!bury(checked(message.getDeadList()))) {
      return;
    }
    slow.forEach(roster.slow::set);
    enter(message.getGeneration());
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
    from.send(Frames.of(FrameKind.HELD, answer.build()));
  }

  /** A member answers our generation. */
  void held(Neighbour from, HeldMessage message) throws FrameException {
    Recovery current = recovery;
    if (current == null || message.getGeneration() != current.generation()) {
      return;
    }
    BitSet before = (BitSet) roster.dead.clone();
    before.or(roster.slow);
    List<Integer> slow = checked(message.getSlowList());
    if (!bury(checked(message.getDeadList()))) {
      return;
    }
    slow.forEach(roster.slow::set);
    BitSet after = (BitSet) roster.dead.clone();
    after.or(roster.slow);
    if (!before.equals(after)) {
      recover();
      return;
    }
    Map<Long, BitSet> held = new TreeMap<>();
    for (HeldVersionMessage version : message.getHeldList()) {
      held.put(version.getVersion(), BitSet.valueOf(version.getChunks().toByteArray()));
    }
    current.answer(from.index, held);
    concludeWhenAnswered();
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
      boolean sound =
          run.getFirst() >= 0
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
    for (int chunk = 0; chunk < round.chunks.size(); chunk++) {
      if (given.get(chunk) != ledger.isFreed(chunk, roster.dead, roster.slow)) {
        throw new FrameException("gives away other chunks than those freed");
      }
    }
    apply(message);
  }

  private void apply(ReassignMessage message) {
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

  /**
   * Whether our generation has waited too long for this member's answer. It may wait behind data on
   * a slow link, so for as long as the round took until then; or the member may not read us before
   * it has found out that a sender is dead.
   */
  boolean unanswered(int member, Instant now) {
    Recovery current = recovery;
    if (current == null || !current.awaits(member)) {
      return false;
    }
    Duration before = Duration.between(round.started, current.begun());
    Duration limit = round.options.silenceLimit().multipliedBy(2).plus(round.options.dialLimit());
    Duration patience = before.compareTo(limit) > 0 ? before : limit;
    return Duration.between(current.begun(), now).compareTo(patience) > 0;
  }
}
