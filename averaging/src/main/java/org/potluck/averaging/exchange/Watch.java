package org.potluck.averaging.exchange;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;
import org.potluck.network.EventLoop;

/**
 * Looks, a few times within the silence limit, who is silent, slow or stuck.
 *
 * <p>Every member sends signs of life where it has nothing else to send, so silence means death or
 * a broken link, whatever the member may itself be waiting for.
 */
final class Watch {
  private static final int LOOKS_PER_LIMIT = 4;

  /** What follows from what is seen. */
  interface Effects {
    void lose(int member, PeerFault fault);
  }

  private final Round round;
  private final Roster roster;
  private final Ledger ledger;
  private final Averages averages;
  private final Sender sender;
  private final Reducer reducer;
  private final Succession succession;
  private final Effects effects;
  private final Pace pace;
  private int heldBefore;
  private Instant lastProgress;
  private long generationBefore;
  private int turn;
  private EventLoop.@Nullable Timer next;

  Watch(
      Round round,
      Roster roster,
      Ledger ledger,
      Averages averages,
      Sender sender,
      Reducer reducer,
      Succession succession,
      Effects effects) {
    this.round = round;
    this.roster = roster;
    this.ledger = ledger;
    this.averages = averages;
    this.sender = sender;
    this.reducer = reducer;
    this.succession = succession;
    this.effects = effects;
    this.pace = new Pace(round, round.started);
    this.lastProgress = round.started;
  }

  void begin() {
    next =
        round.loop.schedule(
            round.options.silenceLimit().dividedBy(LOOKS_PER_LIMIT),
            () -> {
              look();
              if (!round.over()) {
                begin();
              }
            });
  }

  void end() {
    if (next != null) {
      next.cancel();
    }
  }

  private void look() {
    Instant now = round.loop.now();
    // Averages come after contributions: until ours are sent, none need to have.
    boolean contributing = roster.others().stream().anyMatch(Neighbour::isBeingServed);
    if (contributing || averages.count() != heldBefore) {
      heldBefore = averages.count();
      lastProgress = now;
    }
    // What is given away in a generation can be begun when it is decided, not before.
    if (ledger.generation() != generationBefore || ledger.frozen()) {
      generationBefore = ledger.generation();
      pace.restart(now);
    }
    for (Neighbour other : roster.others()) {
      other.lookAtQueue(now);
      other.assure(Frames.of(FrameKind.ALIVE));
      lookAt(other, now);
    }
    sender.release();
    if (round.running()) {
      reducer.laggards().forEach(this::goOnWithout);
    }
    if (round.running()) {
      lookForMissing(now);
    }
  }

  private void lookAt(Neighbour other, Instant now) {
    if (other.lost || round.over()) {
      return;
    }
    Duration limit = round.options.silenceLimit();
    if (!other.reached()) {
      Duration dialing = round.options.dialLimit().plus(limit.dividedBy(LOOKS_PER_LIMIT));
      if (longer(round.started, now, dialing)) {
        effects.lose(other.index, new PeerFault.Silent(round.peer(other.index), "connecting"));
      }
      return;
    }
    boolean silent = longer(other.heard, now, limit);
    boolean stuck =
        succession.unanswered(other.index, now) || succession.undecided(other.index, now);
    if (silent || stuck) {
      String during = silent ? "the round" : "a recovery";
      effects.lose(other.index, new PeerFault.Silent(round.peer(other.index), during));
    }
  }

  private void goOnWithout(int member) {
    round.blame(new PeerFault.Late(round.peer(member), "sending its contribution"));
    reducer.skip(member);
  }

  private void lookForMissing(Instant now) {
    Duration limit = round.options.silenceLimit();
    if (round.pending()) {
      return;
    }
    // In a carried round all wait for the slowest row; that is nobody's fault here.
    boolean most = 2 * averages.count() >= round.chunks.size() && !round.carried();
    boolean late = pace.tooLate(now, most, limit.multipliedBy(2), Pace.REDUCER_SHARE);
    List<Integer> missing = new ArrayList<>();
    List<Integer> cutOff = new ArrayList<>();
    SequencedSet<Integer> reducers = new TreeSet<>();
    for (int chunk = 0; chunk < round.chunks.size(); chunk++) {
      int owner = ledger.owner(chunk);
      if (!averages.holds(chunk) && ledger.isGiven(chunk) && owner != round.self) {
        missing.add(chunk);
        reducers.add(owner);
        if (!roster.at(owner).linked()) {
          cutOff.add(chunk);
        }
      }
    }
    if (late && !ledger.frozen()) {
      // Lost or not: those who still hear it may keep its loss to themselves.
      reducers.stream().filter(owner -> !roster.dead.get(owner)).forEach(succession::relieve);
    }
    // What a stream brings it brings for certain, and its maker's own word is the best there is.
    List<Integer> wanted = late ? missing : cutOff;
    if (!wanted.isEmpty() && (late || longer(lastProgress, now, limit))) {
      askAround(wanted);
    }
  }

  /** Asks one member after another for what is missing, first those that hold everything. */
  private void askAround(List<Integer> missing) {
    List<Neighbour> able = roster.others().stream().filter(Neighbour::linked).toList();
    List<Neighbour> complete =
        able.stream().filter(other -> other.doneGeneration == ledger.generation()).toList();
    List<Neighbour> asked = complete.isEmpty() && !round.carried() ? able : complete;
    if (!asked.isEmpty()) {
      sender.ask(asked.get(turn++ % asked.size()), missing);
    }
  }

  private static boolean longer(Instant since, Instant now, Duration limit) {
    return Duration.between(since, now).compareTo(limit) > 0;
  }
}
