package org.potluck.averaging.codec;

import java.util.Optional;

/**
 * Names a codec on the wire. NONE, FLOAT16 and INT8_UNIFORM have the numbers and the bytes of
 * hivemind's compression types; our own start at 16.
 */
public enum CodecId {
  /** Float32, little-endian. */
  NONE(0, 4.0),
  /** IEEE 754 half precision, saturating. */
  FLOAT16(2, 2.0),
  /** One byte a value into a table of 256 means, over six standard deviations; 1032 bytes more. */
  INT8_UNIFORM(4, 1.0),
  /** Half precision after dividing each block of 4096 by a power of two. */
  FLOAT16_SCALED(16, 2.0 + 4.0 / 4096),
  /** One signed byte a value, one float32 step a block of 4096. */
  INT8_BLOCKWISE(17, 1.0 + 4.0 / 4096),
  /** Four signed bits a value, one float32 step a block of 256. */
  INT4_BLOCKWISE(18, 0.5 + 4.0 / 256),
  /** The 64 largest of 4096 values, two bits each, with packed indices. */
  SPARSE(19, 120.0 / 4096);

  private final int wireNumber;
  private final double bytesPerValue;

  CodecId(int wireNumber, double bytesPerValue) {
    this.wireNumber = wireNumber;
    this.bytesPerValue = bytesPerValue;
  }

  /** What stands for this codec in messages; never changes. */
  public int wireNumber() {
    return wireNumber;
  }

  /** Whether values are lost whole, so that only {@link ErrorFeedback} makes it usable. */
  public boolean needsErrorFeedback() {
    return this == SPARSE;
  }

  /**
   * Whether it drops so much that a peer does better to remember what it dropped of its
   * contributions ({@link ErrorFeedback}).
   */
  public boolean isCoarse() {
    return this == INT4_BLOCKWISE || needsErrorFeedback();
  }

  /** What a long vector costs; {@link Codec#encodedBytes} is exact. */
  public double bytesPerValue() {
    return bytesPerValue;
  }

  /** Empty for a number this version does not know. */
  public static Optional<CodecId> ofWireNumber(int number) {
    for (CodecId id : values()) {
      if (id.wireNumber == number) {
        return Optional.of(id);
      }
    }
    return Optional.empty();
  }
}
