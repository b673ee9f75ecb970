package org.potluck.averaging.exchange;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.network.PublicKey;
import org.potluck.network.Sha256;

/**
 * What members of one round sign of what they bring: so that a reducer can show what an average was
 * made of, and nobody can deny or invent it.
 *
 * <p>Signed is {@code potluck-contribution:}, the 16 bytes of the round's name, the number of the
 * chunk (four bytes, big-endian) and the SHA-256 of its encoded values. All methods may be called
 * beside the loop.
 */
final class Signatures {
  static final int BYTES = PublicKey.SIGNATURE_BYTES;

  private static final byte[] PREFIX = "potluck-contribution:".getBytes(StandardCharsets.US_ASCII);
  private static final int HASH_BYTES = 32;

  private final Identity identity;
  private final byte[] round;

  /**
   * @param identity of this peer
   * @param round its name, in hexadecimal
   */
  Signatures(Identity identity, String round) {
    this.identity = identity;
    this.round = HexFormat.of().parseHex(round);
  }

  /** Over a chunk of this peer's own contribution. */
  byte[] sign(int chunk, ByteBuffer payload) {
    return identity.sign(content(chunk, payload));
  }

  /** Whether {@code member} has signed a chunk; false for whatever is malformed. */
  boolean holds(PeerId member, int chunk, ByteBuffer payload, ByteBuffer signature) {
    byte[] bytes = new byte[signature.remaining()];
    signature.duplicate().get(bytes);
    try {
      return PublicKey.of(member).verify(content(chunk, payload), bytes);
    } catch (IllegalArgumentException e) {
      return false; // a peer with another kind of key; none of ours
    }
  }

  private byte[] content(int chunk, ByteBuffer payload) {
    return ByteBuffer.allocate(PREFIX.length + round.length + Integer.BYTES + HASH_BYTES)
        .put(PREFIX)
        .put(round)
        .putInt(chunk)
        .put(hash(payload))
        .array();
  }

  private static byte[] hash(ByteBuffer payload) {
    MessageDigest digest = Sha256.begin();
    digest.update(payload.duplicate());
    return digest.digest();
  }
}
