package org.potluck.averaging.exchange;

import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.potluck.averaging.proto.ReassignMessage;
import org.potluck.averaging.proto.RunMessage;

/**
 * What a coordinator gathers in one generation: who holds which chunk in which version.
 *
 * <p>Once all live members have answered, nothing else of the dead and the slow can be accepted
 * anywhere. Of a chunk's versions that somebody holds the latest counts, for whoever has finished
 * the round holds that one. A member finishes only when a quorum holds everything; so where the
 * holders and the dead together are no quorum, nobody has finished, and a version that only slow
 * members hold may be given up.
 */
final class Recovery {
  private final Roster roster;
  private final Ledger ledger;
  private final long generation;
  private final BitSet dead;
  private final BitSet slow;
  private final BitSet awaited;
  private final Instant begun;
  private final Map<Integer, Map<Long, BitSet>> answers = new TreeMap<>();

  /**
   * @param awaited members whose answers are needed
   */
  Recovery(Roster roster, Ledger ledger, BitSet awaited, Instant begun) {
    this.begun = begun;
    this.roster = roster;
    this.ledger = ledger;
    this.generation = ledger.generation();
    this.dead = (BitSet) roster.dead.clone();
    this.slow = (BitSet) roster.slow.clone();
    this.awaited = (BitSet) awaited.clone();
  }

  long generation() {
    return generation;
  }

  Instant begun() {
    return begun;
  }

  boolean awaits(int member) {
    return awaited.get(member);
  }

  boolean complete() {
    return awaited.isEmpty();
  }

  void answer(int member, Map<Long, BitSet> held) {
    awaited.clear(member);
    answers.put(member, held);
  }

  /** Who answers for the freed chunks; runs of chunks in the order of the vector. */
  ReassignMessage decide(ChunkTable chunks) {
    List<Integer> freed = new ArrayList<>();
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      if (ledger.isFreed(chunk, dead, slow)) {
        freed.add(chunk);
      }
    }
    List<Integer> standIns = roster.standIns();
    ReassignMessage.Builder message = ReassignMessage.newBuilder().setGeneration(generation);
    RunMessage.Builder run = null;
    for (int i = 0; i < freed.size(); i++) {
      int standIn = standIns.get((int) ((long) i * standIns.size() / freed.size()));
      RunMessage next = fate(freed.get(i), standIn);
      if (run != null
          && run.getFirst() + run.getCount() == next.getFirst()
          && run.getOwner() == next.getOwner()
          && run.getVersion() == next.getVersion()) {
        run.setCount(run.getCount() + 1);
      } else {
        run = message.addRunsBuilder().mergeFrom(next);
      }
    }
    return message.build();
  }

  private RunMessage fate(int chunk, int standIn) {
    long latest = -1;
    BitSet holders = new BitSet();
    for (Map.Entry<Integer, Map<Long, BitSet>> answer : answers.entrySet()) {
      for (Map.Entry<Long, BitSet> held : answer.getValue().entrySet()) {
        if (held.getValue().get(chunk) && held.getKey() >= latest) {
          if (held.getKey() > latest) {
            holders.clear();
          }
          latest = held.getKey();
          holders.set(answer.getKey());
        }
      }
    }
    BitSet quick = roster.reachable();
    quick.and(holders);
    quick.andNot(slow);
    BitSet perhaps = (BitSet) holders.clone();
    perhaps.or(dead);
    RunMessage.Builder run = RunMessage.newBuilder().setFirst(chunk).setCount(1);
    if (!quick.isEmpty()) {
      return run.setOwner(nearest(quick, standIn)).setVersion(latest).build();
    }
    if (!holders.isEmpty() && roster.quorum(perhaps)) {
      return run.setOwner(holders.nextSetBit(0)).setVersion(latest).build();
    }
    return run.setOwner(standIn).setVersion(generation).build();
  }

  /** The load of sending what is held is shared like that of reducing. */
  private static int nearest(BitSet holders, int standIn) {
    int next = holders.nextSetBit(standIn);
    return next >= 0 ? next : holders.nextSetBit(0);
  }
}
