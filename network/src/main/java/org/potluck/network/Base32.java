package org.potluck.network;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Base 32 of RFC 4648 in lower case, without padding (multibase code {@code b}). */
final class Base32 {
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

  private Base32() {}

  /**
   * @throws IllegalArgumentException when a character is not of the alphabet
   */
  static byte[] decode(String text) {
    ByteBuffer bytes = ByteBuffer.allocate(text.length() * 5 / 8);
    int pending = 0;
    int bits = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = ALPHABET.indexOf(text.charAt(i));
      if (digit < 0) {
        throw new IllegalArgumentException("'" + text.charAt(i) + "' is not a base32 character");
      }
      pending = ((pending << 5) | digit) & 0xfff;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes.put((byte) (pending >>> bits));
      }
    }
    if (bits >= 5 || (pending & ((1 << bits) - 1)) != 0) {
      throw new IllegalArgumentException("the base32 text ends amid a byte");
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }
}
