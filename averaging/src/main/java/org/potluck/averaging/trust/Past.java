package org.potluck.averaging.trust;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.potluck.averaging.reduce.Inspector.Earlier;

/**
 * What was averaged in the last rounds, at some places of the vector: two megabytes at most,
 * however large the model is.
 */
final class Past {
  private static final int ROUNDS_KEPT = 8;

  /** Of one average; a reducer of a tenth of the vector compares a tenth of them. */
  private static final int PLACES = 65_536;

  private final Deque<float[]> averages = new ArrayDeque<>();
  private long length;

  /** For vectors of so many values. */
  Earlier earlier(long values) {
    return values == length ? new Earlier(stride(), List.copyOf(averages)) : Earlier.NONE;
  }

  void add(MemorySegment average) {
    long values = average.byteSize() / Float.BYTES;
    if (values != length) {
      averages.clear();
      length = values;
    }
    int stride = stride();
    float[] kept = new float[Math.toIntExact(Math.ceilDiv(values, stride))];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = average.get(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) i * stride * Float.BYTES);
    }
    averages.addFirst(kept);
    if (averages.size() > ROUNDS_KEPT) {
      averages.removeLast();
    }
  }

  /** Root mean square of a value in the last average of so many values; 0 without one. */
  double typical(long values) {
    float[] last = values == length ? averages.peekFirst() : null;
    if (last == null) {
      return 0;
    }
    double squares = 0;
    for (float value : last) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares / last.length);
  }

  private int stride() {
    return Math.toIntExact(Math.max(1, Math.ceilDiv(length, PLACES)));
  }
}
