package org.potluck.averaging.exchange;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.potluck.averaging.proto.ReassignMessage;

/**
 * What a coordinator gathers after a death: who holds which chunk of the dead members' spans.
 *
 * <p>Once all live members have answered, no average of a dead reducer can be accepted anywhere any
 * more. A chunk that somebody holds is then served by its holder; of one that nobody holds, a
 * stand-in may safely take a new average.
 */
final class Recovery {
  private final long generation;
  private final BitSet dead;
  private final BitSet awaited;
  private final BitSet[] held;

  Recovery(long generation, BitSet dead, BitSet awaited, int members) {
    this.generation = generation;
    this.dead = (BitSet) dead.clone();
    this.awaited = (BitSet) awaited.clone();
    this.held = new BitSet[members];
    java.util.Arrays.setAll(held, i -> new BitSet());
  }

  long generation() {
    return generation;
  }

  /** Members that have not answered. */
  BitSet awaited() {
    return (BitSet) awaited.clone();
  }

  boolean awaits(int member) {
    return awaited.get(member);
  }

  boolean complete() {
    return awaited.isEmpty();
  }

  void answer(int member, BitSet chunksHeld) {
    awaited.clear(member);
    held[member] = chunksHeld;
  }

  /**
   * @param standIns live members that can reduce, in group order
   */
  ReassignMessage assign(ChunkTable chunks, List<Integer> standIns) {
    List<Integer> numbers = new ArrayList<>();
    List<Integer> owners = new ArrayList<>();
    int turn = 0;
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      if (!dead.get(chunks.owner(chunk))) {
        continue;
      }
      int holder = holder(chunk);
      numbers.add(chunk);
      owners.add(holder >= 0 ? -holder - 1 : standIns.get(turn++ % standIns.size()));
    }
    return ReassignMessage.newBuilder()
        .setGeneration(generation)
        .addAllDead(dead.stream().boxed().toList())
        .addAllChunks(numbers)
        .addAllOwners(owners)
        .build();
  }

  private int holder(int chunk) {
    for (int member = 0; member < held.length; member++) {
      if (!dead.get(member) && held[member].get(chunk)) {
        return member;
      }
    }
    return -1;
  }
}
