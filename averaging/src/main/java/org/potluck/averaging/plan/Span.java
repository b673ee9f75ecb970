package org.potluck.averaging.plan;

/**
 * A contiguous part of the vector, owned by one reducer; possibly empty.
 *
 * @param from index of its first value
 * @param length number of values
 */
public record Span(long from, long length) {
  public Span {
    if (from < 0 || length < 0 || from + length < 0) {
      throw new IllegalArgumentException("not a span: " + length + " values from " + from);
    }
  }

  /** Index after its last value. */
  public long end() {
    return from + length;
  }

  public boolean isEmpty() {
    return length == 0;
  }
}
