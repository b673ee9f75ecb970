package org.potluck.averaging.codec;

import static org.potluck.averaging.codec.Int4BlockwiseCodec.HALF;
import static org.potluck.averaging.codec.Lanes.BYTES;
import static org.potluck.averaging.codec.Lanes.FLOATS;
import static org.potluck.averaging.codec.Lanes.NATIVE;
import static org.potluck.averaging.codec.Lanes.PARTS;
import static org.potluck.averaging.codec.Lanes.WIRE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Loops over one block of 256 values and its 128 bytes of four-bit integers. */
final class Int4Kernels {
  private Int4Kernels() {}

  /** Each four bits are the integer nearest to {@code value * inverse}, from -8 to 7. */
  static void quantize(
      MemorySegment values, long at, float inverse, MemorySegment bytes, long offset) {
    MemorySegment in = Lanes.known(values);
    MemorySegment out = Lanes.known(bytes);
    for (int i = 0; i < HALF; i += BYTES.length()) {
      ByteVector packed = pair(in, at + 4L * i, inverse, 0);
      for (int part = 1; part < PARTS; part++) {
        packed = packed.or(pair(in, at + 4L * i, inverse, part));
      }
      packed.intoMemorySegment(out, offset + i, WIRE);
    }
  }

  private static ByteVector pair(MemorySegment in, long at, float inverse, int part) {
    long low = at + (long) part * FLOATS.vectorByteSize();
    IntVector high = integers(in, low + 4L * HALF, inverse).lanewise(VectorOperators.LSHL, 4);
    return (ByteVector)
        integers(in, low, inverse).and(15).or(high).convertShape(VectorOperators.I2B, BYTES, -part);
  }

  /** The integer in the lowest bits, other bits above. */
  private static IntVector integers(MemorySegment in, long at, float inverse) {
    return FloatVector.fromMemorySegment(FLOATS, in, at, NATIVE)
        .mul(inverse)
        .add(Int8Kernels.ROUND)
        .reinterpretAsInts();
  }

  static void dequantize(
      MemorySegment bytes, long offset, float step, MemorySegment values, long at) {
    MemorySegment in = Lanes.known(bytes);
    MemorySegment out = Lanes.known(values);
    for (int i = 0; i < HALF; i += BYTES.length()) {
      ByteVector packed = ByteVector.fromMemorySegment(BYTES, in, offset + i, WIRE);
      for (int part = 0; part < PARTS; part++) {
        long low = at + 4L * i + (long) part * FLOATS.vectorByteSize();
        low(packed, step, part).intoMemorySegment(out, low, NATIVE);
        high(packed, step, part).intoMemorySegment(out, low + 4L * HALF, NATIVE);
      }
    }
  }

  /** {@code sums += weight * (integer * step)}. */
  static void accumulate(
      MemorySegment bytes, long offset, float step, float weight, MemorySegment sums, long at) {
    MemorySegment in = Lanes.known(bytes);
    MemorySegment out = Lanes.known(sums);
    for (int i = 0; i < HALF; i += BYTES.length()) {
      ByteVector packed = ByteVector.fromMemorySegment(BYTES, in, offset + i, WIRE);
      for (int part = 0; part < PARTS; part++) {
        long low = at + 4L * i + (long) part * FLOATS.vectorByteSize();
        add(out, low, low(packed, step, part).mul(weight));
        add(out, low + 4L * HALF, high(packed, step, part).mul(weight));
      }
    }
  }

  private static void add(MemorySegment sums, long at, FloatVector product) {
    FloatVector.fromMemorySegment(FLOATS, sums, at, NATIVE)
        .add(product)
        .intoMemorySegment(sums, at, NATIVE);
  }

  private static FloatVector low(ByteVector packed, float step, int part) {
    return signed(spread(packed, part).lanewise(VectorOperators.LSHL, 28), step);
  }

  private static FloatVector high(ByteVector packed, float step, int part) {
    return signed(spread(packed, part).lanewise(VectorOperators.LSHL, 24), step);
  }

  private static IntVector spread(ByteVector packed, int part) {
    return (IntVector) packed.convertShape(VectorOperators.B2I, Lanes.INTS, part);
  }

  private static FloatVector signed(IntVector topBits, float step) {
    IntVector integers = topBits.lanewise(VectorOperators.ASHR, 28);
    return ((FloatVector) integers.convertShape(VectorOperators.I2F, FLOATS, 0)).mul(step);
  }
}
