package org.potluck.averaging.codec;

import static org.potluck.averaging.codec.Lanes.BYTES;
import static org.potluck.averaging.codec.Lanes.FLOATS;
import static org.potluck.averaging.codec.Lanes.INTS;
import static org.potluck.averaging.codec.Lanes.NATIVE;
import static org.potluck.averaging.codec.Lanes.PARTS;
import static org.potluck.averaging.codec.Lanes.WIRE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Loops between float32 and signed bytes. */
final class Int8Kernels {
  /**
   * Added to a small number, 1.5 * 2^23 rounds it to the nearest integer, ties to even, and leaves
   * that integer in the lowest bits of the sum.
   */
  static final float ROUND = 12582912f;

  private static final int MAGNITUDE = 0x7fffffff;

  private Int8Kernels() {}

  /** Byte i is the integer nearest to {@code values[i] * inverse}, which must fit a byte. */
  static void quantize(
      MemorySegment values, long at, int count, float inverse, MemorySegment bytes, long offset) {
    MemorySegment in = Lanes.known(values);
    MemorySegment out = Lanes.known(bytes);
    for (int i = 0; i < count; i += BYTES.length()) {
      ByteVector packed = integers(in, at + 4L * i, inverse, 0);
      for (int part = 1; part < PARTS; part++) {
        packed = packed.or(integers(in, at + 4L * i, inverse, part));
      }
      packed.intoMemorySegment(out, offset + i, WIRE);
    }
  }

  /**
   * The same, and meanwhile the largest magnitude of as many values at {@code next}; not finite
   * when any of them is not.
   */
  static float quantizeAndLook(
      MemorySegment values,
      long at,
      int count,
      float inverse,
      MemorySegment bytes,
      long offset,
      long next) {
    MemorySegment in = Lanes.known(values);
    MemorySegment out = Lanes.known(bytes);
    IntVector most = IntVector.zero(INTS);
    for (int i = 0; i < count; i += BYTES.length()) {
      most = most.max(magnitudes(in, next + 4L * i, 0));
      ByteVector packed = integers(in, at + 4L * i, inverse, 0);
      for (int part = 1; part < PARTS; part++) {
        most = most.max(magnitudes(in, next + 4L * i, part));
        packed = packed.or(integers(in, at + 4L * i, inverse, part));
      }
      packed.intoMemorySegment(out, offset + i, WIRE);
    }
    return Float.intBitsToFloat(most.reduceLanes(VectorOperators.MAX));
  }

  private static IntVector magnitudes(MemorySegment in, long at, int part) {
    long partAt = at + (long) part * FLOATS.vectorByteSize();
    return FloatVector.fromMemorySegment(FLOATS, in, partAt, NATIVE)
        .reinterpretAsInts()
        .and(MAGNITUDE);
  }

  private static ByteVector integers(MemorySegment in, long at, float inverse, int part) {
    long partAt = at + (long) part * FLOATS.vectorByteSize();
    return (ByteVector)
        FloatVector.fromMemorySegment(FLOATS, in, partAt, NATIVE)
            .mul(inverse)
            .add(ROUND)
            .reinterpretAsInts()
            .convertShape(VectorOperators.I2B, BYTES, -part);
  }

  /** {@code values[i] = bytes[i] * step}. */
  static void dequantize(
      MemorySegment bytes, long offset, float step, MemorySegment values, long at, int count) {
    MemorySegment in = Lanes.known(bytes);
    MemorySegment out = Lanes.known(values);
    for (int i = 0; i < count; i += BYTES.length()) {
      ByteVector packed = ByteVector.fromMemorySegment(BYTES, in, offset + i, WIRE);
      for (int part = 0; part < PARTS; part++) {
        long partAt = at + 4L * i + (long) part * FLOATS.vectorByteSize();
        decoded(packed, step, part).intoMemorySegment(out, partAt, NATIVE);
      }
    }
  }

  /** {@code sums[i] += weight * (bytes[i] * step)}. */
  static void accumulate(
      MemorySegment bytes,
      long offset,
      float step,
      float weight,
      MemorySegment sums,
      long at,
      int count) {
    MemorySegment in = Lanes.known(bytes);
    MemorySegment out = Lanes.known(sums);
    for (int i = 0; i < count; i += BYTES.length()) {
      ByteVector packed = ByteVector.fromMemorySegment(BYTES, in, offset + i, WIRE);
      for (int part = 0; part < PARTS; part++) {
        long partAt = at + 4L * i + (long) part * FLOATS.vectorByteSize();
        FloatVector.fromMemorySegment(FLOATS, out, partAt, NATIVE)
            .add(decoded(packed, step, part).mul(weight))
            .intoMemorySegment(out, partAt, NATIVE);
      }
    }
  }

  private static FloatVector decoded(ByteVector packed, float step, int part) {
    return ((FloatVector) packed.convertShape(VectorOperators.B2F, FLOATS, part)).mul(step);
  }
}
