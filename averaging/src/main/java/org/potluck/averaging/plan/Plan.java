package org.potluck.averaging.plan;

import java.util.List;
import org.potluck.averaging.codec.CodecId;

/**
 * Who reduces which span, with which codec on which hop.
 *
 * @param spans one per member in group order, back to back from value 0: they cover each value once
 * @param contributionCodec what members send to reducers
 * @param averageCodec what reducers send back
 * @param lowerBoundSeconds no split of this vector among these members can be faster
 */
public record Plan(
    List<Span> spans, CodecId contributionCodec, CodecId averageCodec, double lowerBoundSeconds) {
  public Plan {
    spans = List.copyOf(spans);
    long next = 0;
    for (Span span : spans) {
      if (span.from() != next) {
        throw new IllegalArgumentException("spans leave a gap or overlap at value " + next);
      }
      next = span.end();
    }
    if (!(lowerBoundSeconds >= 0)) {
      throw new IllegalArgumentException("not a time: " + lowerBoundSeconds + " s");
    }
  }

  /** Number of values in the vector. */
  public long length() {
    return spans.isEmpty() ? 0 : spans.getLast().end();
  }
}
