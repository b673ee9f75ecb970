package org.potluck.network;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Unsigned variable-length integers as in multiformats: seven bits a byte, lowest first. */
final class Uvarint {
  /** Codes and lengths in addresses and ids are small; more bytes than this are an attack. */
  private static final int BYTES_MAX = 4;

  private Uvarint() {}

  static void write(int value, ByteArrayOutputStream out) {
    int rest = value;
    while (rest >= 0x80) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  /**
   * @throws IllegalArgumentException when it does not end in time, or is longer than it need be
   */
  static int read(ByteBuffer in) {
    int value = 0;
    for (int i = 0; i < BYTES_MAX && in.hasRemaining(); i++) {
      byte next = in.get();
      value |= (next & 0x7f) << (7 * i);
      if (next >= 0) {
        if (next == 0 && i > 0) {
          throw new IllegalArgumentException("a varint is not in its shortest form");
        }
        return value;
      }
    }
    throw new IllegalArgumentException("a varint does not end");
  }
}
