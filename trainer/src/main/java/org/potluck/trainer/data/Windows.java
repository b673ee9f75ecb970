package org.potluck.trainer.data;

import java.util.Arrays;
import java.util.List;

/** All places in a list of spans where a window of a fixed length fits, numbered from zero. */
final class Windows {
  private final List<Span> spans;
  private final long[] ends;

  Windows(List<Span> spans, int length) {
    this.spans = spans.stream().filter(span -> span.length() >= length).toList();
    this.ends = new long[this.spans.size()];
    long sum = 0;
    for (int i = 0; i < ends.length; i++) {
      sum += this.spans.get(i).length() - length + 1;
      ends[i] = sum;
    }
  }

  /** How many windows there are. */
  long count() {
    return ends.length == 0 ? 0 : ends[ends.length - 1];
  }

  /** Where window {@code number} starts. */
  Place place(long number) {
    int found = Arrays.binarySearch(ends, number + 1);
    int index = found >= 0 ? found : -found - 1;
    long before = index == 0 ? 0 : ends[index - 1];
    Span span = spans.get(index);
    return new Place(span.shard(), span.start() + (number - before));
  }

  /** A stretch of one shard. */
  record Span(int shard, long start, long length) {}

  /** A position in one shard. */
  record Place(int shard, long offset) {}
}
