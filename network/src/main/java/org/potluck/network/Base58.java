package org.potluck.network;

import java.util.Arrays;

/**
 * Base 58 in Bitcoin's alphabet, the text form of peer ids (multibase code {@code z}).
 *
 * <p>Peers read and write addresses all day, so this counts in 32-bit limbs and takes five digits
 * at a time: 58^5 is the largest power of 58 below 2^32.
 */
final class Base58 {
  private static final String ALPHABET =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  private static final int DIGITS_AT_ONCE = 5;
  private static final long RADIX = 58L * 58 * 58 * 58 * 58;
  private static final long LIMB = 0xFFFFFFFFL;
  private static final byte[] DIGITS = new byte[128];

  static {
    Arrays.fill(DIGITS, (byte) -1);
    for (int digit = 0; digit < ALPHABET.length(); digit++) {
      DIGITS[ALPHABET.charAt(digit)] = (byte) digit;
    }
  }

  private Base58() {}

  static String encode(byte[] bytes) {
    int zeros = 0;
    while (zeros < bytes.length && bytes[zeros] == 0) {
      zeros++;
    }
    int[] limbs = limbs(bytes, zeros);
    // Five digits hold more than 29 bits; the text grows from its end.
    char[] text = new char[zeros + (limbs.length * 32 / 29 + 1) * DIGITS_AT_ONCE];
    int at = text.length;
    int first = 0;
    while (first < limbs.length) {
      long rest = 0;
      for (int i = first; i < limbs.length; i++) {
        long value = rest << 32 | (limbs[i] & LIMB);
        limbs[i] = (int) (value / RADIX);
        rest = value % RADIX;
      }
      while (first < limbs.length && limbs[first] == 0) {
        first++;
      }
      for (int digit = 0; digit < DIGITS_AT_ONCE && (first < limbs.length || rest > 0); digit++) {
        text[--at] = ALPHABET.charAt((int) (rest % 58));
        rest /= 58;
      }
    }
    for (int i = 0; i < zeros; i++) {
      text[--at] = '1';
    }
    return new String(text, at, text.length - at);
  }

  /**
   * Takes time that grows with the square of the length; who reads from others bounds it first.
   *
   * @throws IllegalArgumentException when a character is not of the alphabet
   */
  static byte[] decode(String text) {
    int[] limbs = new int[text.length() * 6 / 32 + 2];
    int first = limbs.length;
    int at = 0;
    while (at < text.length()) {
      long factor = 1;
      long carry = 0;
      for (int digit = 0; digit < DIGITS_AT_ONCE && at < text.length(); digit++) {
        carry = carry * 58 + digit(text.charAt(at++));
        factor *= 58;
      }
      for (int i = limbs.length - 1; i >= first; i--) {
        long value = (limbs[i] & LIMB) * factor + carry;
        limbs[i] = (int) value;
        carry = value >>> 32;
      }
      if (carry != 0) {
        limbs[--first] = (int) carry;
      }
    }
    int zeros = 0;
    while (zeros < text.length() && text.charAt(zeros) == '1') {
      zeros++;
    }
    int skipped = first < limbs.length ? Integer.numberOfLeadingZeros(limbs[first]) / 8 : 0;
    int count = (limbs.length - first) * 4 - skipped;
    byte[] bytes = new byte[zeros + count];
    for (int i = 0; i < count; i++) {
      int index = first * 4 + skipped + i;
      bytes[zeros + i] = (byte) (limbs[index / 4] >>> (24 - 8 * (index % 4)));
    }
    return bytes;
  }

  private static int digit(char character) {
    int digit = character < DIGITS.length ? DIGITS[character] : -1;
    if (digit < 0) {
      throw new IllegalArgumentException("'" + character + "' is not a base58 character");
    }
    return digit;
  }

  /** Most significant first. */
  private static int[] limbs(byte[] bytes, int from) {
    int count = (bytes.length - from + 3) / 4;
    int[] limbs = new int[count];
    for (int i = 0; i < bytes.length - from; i++) {
      int fromEnd = i / 4;
      limbs[count - 1 - fromEnd] |= (bytes[bytes.length - 1 - i] & 0xFF) << (8 * (i % 4));
    }
    return limbs;
  }
}
