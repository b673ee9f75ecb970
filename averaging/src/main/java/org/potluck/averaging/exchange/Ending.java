package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.proto.DoneMessage;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;

/**
 * Decides when the round has ended for this member.
 *
 * <p>Holding every chunk is not enough. A member could take the last average of a reducer that dies
 * while sending it, be cut off, and apply what the others, who never saw it, average anew. So a
 * member first says that it is done, and the average is final once a quorum has said so, in the
 * same generation: whatever happens then, whoever decides again hears from one that holds it. That
 * costs the time of one message. Who knows it to be final tells the others, since members that
 * nobody can dial do not hear each other. One such voice is not enough where there are more: it
 * could make this member finish with what the others then average anew.
 */
final class Ending {
  private final Round round;
  private final Roster roster;
  private final Ledger ledger;
  private final Averages averages;
  private final Duration matchmaking;
  private final Runnable dispose;
  private final CompletableFuture<RoundOutcome> outcome = new CompletableFuture<>();
  private long saidDone = -1;

  /** The generation in which a quorum was known to hold everything, once this member has ended. */
  private long finalFrom = Long.MAX_VALUE;

  Ending(
      Round round,
      Roster roster,
      Ledger ledger,
      Averages averages,
      Duration matchmaking,
      Runnable dispose) {
    this.round = round;
    this.roster = roster;
    this.ledger = ledger;
    this.averages = averages;
    this.matchmaking = matchmaking;
    this.dispose = dispose;
  }

  CompletableFuture<RoundOutcome> outcome() {
    return outcome;
  }

  /** Something that could end the round has happened. */
  void check() {
    if (round.over() || ledger.frozen() || !averages.complete()) {
      return;
    }
    if (saidDone < ledger.generation()) {
      saidDone = ledger.generation();
      roster.broadcast(message(FrameKind.DONE));
    }
    if (round.running() && (isHeldByQuorum() || ledger.generation() >= finalFrom())) {
      settle();
    }
    leaveWhenAllKnow();
  }

  /** A member holds everything, as decided in {@code generation}. */
  void done(Neighbour from, DoneMessage message) {
    from.doneGeneration = Math.max(from.doneGeneration, message.getGeneration());
    check();
  }

  /** A member knows the average to be final, as decided in {@code generation}. */
  void settled(Neighbour from, DoneMessage message) {
    from.settled = true;
    from.finalFrom = Math.min(from.finalFrom, message.getGeneration());
    check();
    leaveWhenAllKnow();
  }

  /** Whether a quorum is known to hold everything. */
  boolean isFinal() {
    return finalFrom() != Long.MAX_VALUE;
  }

  /** Whether somebody at least says that a quorum holds everything. */
  boolean isSaidToBeFinal() {
    return isFinal() || roster.others().stream().anyMatch(other -> other.settled);
  }

  /** From which generation on the average is final: as two say, or everybody who is heard. */
  private long finalFrom() {
    long[] said =
        roster.others().stream()
            .filter(other -> other.settled)
            .mapToLong(other -> other.finalFrom)
            .sorted()
            .toArray();
    boolean all = roster.others().stream().allMatch(other -> other.lost || other.settled);
    long told = Long.MAX_VALUE;
    if (said.length > 1) {
      told = said[1];
    } else if (said.length == 1 && all) {
      told = said[0];
    }
    return Math.min(finalFrom, told);
  }

  /** Ends the round early; without effect once it has ended. */
  void abandon(RoundOutcome.Cause cause, String reason) {
    if (round.running()) {
      dispose.run();
      outcome.complete(
          new RoundOutcome.Abandoned(
              cause, reason, round.faults(), timing(), round.group.seating()));
    }
  }

  /** A settled member stays only for others that are not. */
  void leaveWhenAllKnow() {
    boolean all = roster.others().stream().allMatch(other -> other.lost || other.settled);
    if (round.phase == Round.Phase.SETTLED && all) {
      dispose.run();
    }
  }

  private boolean isHeldByQuorum() {
    BitSet holders = new BitSet();
    for (int i = 0; i < round.size(); i++) {
      boolean done = roster.at(i).doneGeneration == ledger.generation();
      holders.set(i, i == round.self || done);
    }
    return roster.quorum(holders);
  }

  private void settle() {
    round.phase = Round.Phase.SETTLED;
    // From now on the contribution may change.
    roster.others().forEach(Neighbour::stopContributing);
    finalFrom = ledger.generation();
    roster.broadcast(message(FrameKind.SETTLED));
    round.later(round.options.lingerLimit(), dispose);
    outcome.complete(
        new RoundOutcome.Averaged(
            averages.values(),
            averages.weight(),
            round.group.peers(),
            round.faults(),
            timing(),
            round.group.seating()));
  }

  private ByteBuffer message(FrameKind kind) {
    return Frames.of(kind, DoneMessage.newBuilder().setGeneration(ledger.generation()).build());
  }

  private RoundOutcome.RoundTiming timing() {
    return new RoundOutcome.RoundTiming(matchmaking, round.elapsed());
  }
}
