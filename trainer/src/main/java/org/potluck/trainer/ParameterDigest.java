package org.potluck.trainer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The digest by which peers prove that they hold the same parameters. */
final class ParameterDigest {
  private static final int CHUNK = 16384;

  private ParameterDigest() {}

  /** SHA-256 over the epoch (8 bytes) and the values (4 bytes each), all little-endian. */
  static String of(long epoch, float[] parameters) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer buffer = ByteBuffer.allocate(CHUNK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      digest.update(buffer.putLong(0, epoch).array(), 0, Long.BYTES);
      for (int from = 0; from < parameters.length; from += CHUNK) {
        int count = Math.min(CHUNK, parameters.length - from);
        buffer.asFloatBuffer().put(parameters, from, count);
        digest.update(buffer.array(), 0, count * Float.BYTES);
      }
      return "sha256:" + HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
