package org.potluck.averaging.codec;

import static org.potluck.averaging.codec.Lanes.FLOATS;
import static org.potluck.averaging.codec.Lanes.INTS;
import static org.potluck.averaging.codec.Lanes.NATIVE;
import static org.potluck.averaging.codec.Lanes.SHORTS;
import static org.potluck.averaging.codec.Lanes.WIRE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Loops between float32 and half precision.
 *
 * <p>The Vector API has no conversion between the two, and the compiler's own works on plain arrays
 * only, whose filling and emptying costs more than the few integer operations here.
 */
final class Float16Kernels {
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int EXPONENT = 0x7f800000;

  /** 65504, the largest half. */
  private static final int LARGEST = 0x477fe000;

  /** 2^-14, the smallest half that is not subnormal. */
  private static final int SMALLEST = 0x38800000;

  private static final int THIRTEEN_BINADES = 13 << 23;

  private Float16Kernels() {}

  /** Returns whether the values are finite. */
  static boolean encode(
      MemorySegment values, long at, int count, MemorySegment bytes, long offset) {
    MemorySegment in = Lanes.known(values);
    MemorySegment out = Lanes.known(bytes);
    IntVector most = IntVector.zero(INTS);
    for (int i = 0; i < count; i += FLOATS.length()) {
      FloatVector each = FloatVector.fromMemorySegment(FLOATS, in, at + 4L * i, NATIVE);
      most = most.max(each.reinterpretAsInts().and(MAGNITUDE));
      half(each).intoMemorySegment(out, offset + 2L * i, WIRE);
    }
    return most.reduceLanes(VectorOperators.MAX) < EXPONENT;
  }

  /** The same of {@code values * factor}. */
  static void encodeScaled(
      MemorySegment values, long at, int count, float factor, MemorySegment bytes, long offset) {
    MemorySegment in = Lanes.known(values);
    MemorySegment out = Lanes.known(bytes);
    for (int i = 0; i < count; i += FLOATS.length()) {
      half(FloatVector.fromMemorySegment(FLOATS, in, at + 4L * i, NATIVE).mul(factor))
          .intoMemorySegment(out, offset + 2L * i, WIRE);
    }
  }

  static void decode(MemorySegment bytes, long offset, MemorySegment values, long at, int count) {
    MemorySegment in = Lanes.known(bytes);
    MemorySegment out = Lanes.known(values);
    for (int i = 0; i < count; i += FLOATS.length()) {
      single(ShortVector.fromMemorySegment(SHORTS, in, offset + 2L * i, WIRE))
          .intoMemorySegment(out, at + 4L * i, NATIVE);
    }
  }

  static void decodeScaled(
      MemorySegment bytes, long offset, float factor, MemorySegment values, long at, int count) {
    MemorySegment in = Lanes.known(bytes);
    MemorySegment out = Lanes.known(values);
    for (int i = 0; i < count; i += FLOATS.length()) {
      single(ShortVector.fromMemorySegment(SHORTS, in, offset + 2L * i, WIRE))
          .mul(factor)
          .intoMemorySegment(out, at + 4L * i, NATIVE);
    }
  }

  /** {@code sums += weight * (factor * halves)}. */
  static void accumulate(
      MemorySegment bytes,
      long offset,
      float factor,
      float weight,
      MemorySegment sums,
      long at,
      int count) {
    MemorySegment in = Lanes.known(bytes);
    MemorySegment out = Lanes.known(sums);
    for (int i = 0; i < count; i += FLOATS.length()) {
      FloatVector product =
          single(ShortVector.fromMemorySegment(SHORTS, in, offset + 2L * i, WIRE))
              .mul(factor)
              .mul(weight);
      FloatVector.fromMemorySegment(FLOATS, out, at + 4L * i, NATIVE)
          .add(product)
          .intoMemorySegment(out, at + 4L * i, NATIVE);
    }
  }

  /** Whether no half has the exponent of infinities and NaN. */
  static boolean allFinite(MemorySegment bytes, long offset, int count) {
    MemorySegment in = Lanes.known(bytes);
    ShortVector most = ShortVector.zero(SHORTS);
    for (int i = 0; i < count; i += SHORTS.length()) {
      ShortVector halves = ShortVector.fromMemorySegment(SHORTS, in, offset + 2L * i, WIRE);
      most = most.max(halves.and((short) 0x7fff));
    }
    return most.reduceLanes(VectorOperators.MAX) < 0x7c00;
  }

  /**
   * Rounds to nearest even by adding a power of two so much larger, 13 binades, that the sum's last
   * bit is the half's; the smallest such power makes the subnormals. What the sum has above that
   * power are the half's fraction bits with the leading one.
   */
  private static ShortVector half(FloatVector values) {
    IntVector bits = values.reinterpretAsInts();
    IntVector magnitude = bits.and(MAGNITUDE).min(LARGEST);
    IntVector exponent = magnitude.and(EXPONENT).max(SMALLEST);
    IntVector power = exponent.add(THIRTEEN_BINADES);
    IntVector fraction =
        magnitude
            .reinterpretAsFloats()
            .add(power.reinterpretAsFloats())
            .reinterpretAsInts()
            .sub(power);
    IntVector sign = bits.lanewise(VectorOperators.LSHR, 16).and(0x8000);
    IntVector half =
        exponent.sub(SMALLEST).lanewise(VectorOperators.LSHR, 13).add(fraction).or(sign);
    return (ShortVector) half.convertShape(VectorOperators.I2S, SHORTS, 0);
  }

  /**
   * Moves the bits into place and corrects the exponent's bias; a subnormal half gets a leading one
   * that is then subtracted.
   */
  private static FloatVector single(ShortVector halves) {
    IntVector bits = (IntVector) halves.convertShape(VectorOperators.S2I, INTS, 0);
    IntVector magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    IntVector normal = magnitude.add((127 - 15) << 23);
    IntVector subnormal =
        magnitude.add(SMALLEST).reinterpretAsFloats().sub(0x1p-14f).reinterpretAsInts();
    return normal
        .blend(subnormal, magnitude.lt(1 << 23))
        .or(bits.and(0x80000000))
        .reinterpretAsFloats();
  }
}
