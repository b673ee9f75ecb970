package org.potluck.averaging.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * hivemind's UNIFORM_8BIT, byte for byte in its layout: one byte a value into a table of 256 means.
 *
 * <p>The buckets span six standard deviations of the chunk, so that outliers do not widen them: it
 * suits bell-shaped values, and its error has no small bound. Unlike with the other codecs the
 * bytes depend on the whole chunk. {@link Int8BlockwiseCodec} is faster and its error is bounded;
 * this one is for comparison and for those who speak hivemind's form.
 */
final class Int8UniformCodec implements Codec {
  static final Int8UniformCodec INSTANCE = new Int8UniformCodec();

  private Int8UniformCodec() {}

  @Override
  public CodecId id() {
    return CodecId.INT8_UNIFORM;
  }

  @Override
  public int encodedBytes(int values) {
    if (values < 0) {
      throw new IllegalArgumentException("not a number of values: " + values);
    }
    return BucketTable.bytes(values);
  }

  /** Outliers of either sign may share a bucket with values on the other side of zero. */
  @Override
  public double errorBound(double magnitude) {
    return 2 * magnitude * (1 + 0x1p-23);
  }

  @Override
  public boolean encode(MemorySegment vector, long from, int values, ByteBuffer target) {
    float[] copy = new float[values];
    MemorySegment.copy(
        vector, ValueLayout.JAVA_FLOAT_UNALIGNED, from * Float.BYTES, copy, 0, values);
    Moments moments = Moments.of(copy);
    BucketTable.write(copy, BucketTable.uniform(copy, moments), target);
    return values == 0 || moments.areFinite();
  }

  @Override
  public boolean wellFormed(ByteBuffer encoded, int values) {
    return BucketTable.wellFormed(encoded, values);
  }

  @Override
  public void decode(ByteBuffer encoded, MemorySegment target, long from, int values) {
    check(encoded, values);
    BucketTable.read(encoded, target, from, values);
  }

  @Override
  public void accumulate(
      ByteBuffer encoded, double weight, MemorySegment accumulator, long from, int values) {
    check(encoded, values);
    BucketTable.add(encoded, (float) weight, accumulator, from, values);
  }

  private void check(ByteBuffer encoded, int values) {
    if (encoded.remaining() != encodedBytes(values)) {
      throw new IllegalArgumentException(
          encoded.remaining() + " bytes are not " + values + " values of " + id());
    }
  }
}
