package org.potluck.averaging.exchange;

import java.util.BitSet;

/**
 * Who answers for each chunk now, and which version of its average counts.
 *
 * <p>A version is the generation in which the chunk was given to whoever reduces it; the plan is
 * generation 0. In one version of a chunk there is one average at most, everywhere.
 */
final class Ledger {
  private static final int NOBODY = -1;

  private final ChunkTable chunks;
  private final int[] owner;
  private final long[] version;
  private long generation;
  private boolean frozen;

  Ledger(ChunkTable chunks) {
    this.chunks = chunks;
    this.owner = chunks.owners();
    this.version = new long[chunks.size()];
  }

  /** The latest decision that this member takes part in. */
  long generation() {
    return generation;
  }

  /** Whether a generation has begun whose decision is not known yet. */
  boolean frozen() {
    return frozen;
  }

  /** Takes the chunks of members that no longer reduce from whoever has them now. */
  void freeze(long newGeneration, BitSet dead, BitSet slow) {
    generation = newGeneration;
    frozen = true;
    for (int chunk = 0; chunk < owner.length; chunk++) {
      if (isFreed(chunk, dead, slow)) {
        owner[chunk] = NOBODY;
      }
    }
  }

  /** Whether a chunk's planned reducer is among those that no longer reduce. */
  boolean isFreed(int chunk, BitSet dead, BitSet slow) {
    int planned = chunks.owner(chunk);
    return dead.get(planned) || slow.get(planned);
  }

  void give(int chunk, int newOwner, long newVersion) {
    owner[chunk] = newOwner;
    version[chunk] = newVersion;
  }

  void thaw() {
    frozen = false;
  }

  /** Whether {@code member} answers for the chunk. */
  boolean owns(int member, int chunk) {
    return owner[chunk] == member;
  }

  /** Whether somebody answers for the chunk. */
  boolean isGiven(int chunk) {
    return owner[chunk] != NOBODY;
  }

  int owner(int chunk) {
    return owner[chunk];
  }

  long version(int chunk) {
    return version[chunk];
  }
}
