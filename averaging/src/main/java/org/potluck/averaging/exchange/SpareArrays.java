package org.potluck.averaging.exchange;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Arrays for chunks that nobody uses any more, to be used again, also by the next round: a round's
 * worth of fresh ones makes the collector run in every other.
 */
final class SpareArrays {
  private final long bytesMax;
  private final Map<Integer, Deque<byte[]>> byLength = new HashMap<>();
  private long bytes;

  /**
   * @param bytesMax what is kept at most
   */
  SpareArrays(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  byte[] take(int length) {
    Deque<byte[]> spare = byLength.get(length);
    byte[] array = spare == null ? null : spare.pollLast();
    if (array == null) {
      return new byte[length];
    }
    bytes -= length;
    return array;
  }

  /** When there are too many, those of other lengths go first: they may be of another model. */
  void giveBack(byte[] array) {
    if (bytes + array.length > bytesMax) {
      byLength.keySet().removeIf(length -> length != array.length);
      bytes = byLength.values().stream().flatMap(Deque::stream).mapToLong(one -> one.length).sum();
    }
    if (bytes + array.length <= bytesMax) {
      byLength.computeIfAbsent(array.length, _ -> new ArrayDeque<>()).add(array);
      bytes += array.length;
    }
  }
}
