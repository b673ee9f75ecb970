package org.potluck.trainer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The digest by which peers prove that they hold the same parameters. */
public final class ParameterDigest {
  private static final int CHUNK = 16384;
  private static final ValueLayout.OfFloat NATIVE = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfFloat LITTLE = NATIVE.withOrder(ByteOrder.LITTLE_ENDIAN);

  private ParameterDigest() {}

  /** SHA-256 over the epoch (8 bytes) and the values (4 bytes each), all little-endian. */
  static String of(long epoch, float[] parameters) {
    return of(epoch, MemorySegment.ofArray(parameters));
  }

  /**
   * The same of values in native byte order, wherever they lie.
   *
   * @param parameters float32 values
   */
  public static String of(long epoch, MemorySegment parameters) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer buffer = ByteBuffer.allocate(CHUNK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      digest.update(buffer.putLong(0, epoch).array(), 0, Long.BYTES);
      MemorySegment chunk = MemorySegment.ofArray(buffer.array());
      long length = parameters.byteSize() / Float.BYTES;
      for (long from = 0; from < length; from += CHUNK) {
        int count = (int) Math.min(CHUNK, length - from);
        MemorySegment.copy(parameters, NATIVE, from * Float.BYTES, chunk, LITTLE, 0, count);
        digest.update(buffer.array(), 0, count * Float.BYTES);
      }
      return "sha256:" + HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
