package org.potluck.averaging.exchange;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The chunks of a group's vector, numbered through, and who answers for each at first. */
final class ChunkTable {
  private final long[] from;
  private final int[] values;
  private final int[] owner;

  /** Of each member's chunks, which lie side by side, and behind them the number of all. */
  private final int[] first;

  private final long length;

  ChunkTable(Group group) {
    int size = 0;
    for (Member member : group.members()) {
      size += Math.toIntExact(Math.ceilDiv(member.share(), group.chunkValues()));
    }
    length = group.length();
    from = new long[size];
    values = new int[size];
    owner = new int[size];
    first = new int[group.members().size() + 1];
    int chunk = 0;
    long start = 0;
    for (int i = 0; i < group.members().size(); i++) {
      long end = start + group.members().get(i).share();
      for (; start < end; start += values[chunk++]) {
        from[chunk] = start;
        values[chunk] = (int) Math.min(group.chunkValues(), end - start);
        owner[chunk] = i;
      }
      first[i + 1] = chunk;
    }
  }

  int size() {
    return from.length;
  }

  /** Values of the vector. */
  long length() {
    return length;
  }

  /** Index in the vector of the chunk's first value. */
  long from(int chunk) {
    return from[chunk];
  }

  int values(int chunk) {
    return values[chunk];
  }

  /** Values of the longest chunk. */
  int valuesMax() {
    return Arrays.stream(values).max().orElse(0);
  }

  /** The member that the plan made reduce it. */
  int owner(int chunk) {
    return owner[chunk];
  }

  /** The chunks that the plan made {@code member} reduce. */
  List<Integer> of(int member) {
    return IntStream.range(first[member], first[member + 1]).boxed().toList();
  }

  int[] owners() {
    return Arrays.copyOf(owner, owner.length);
  }
}
