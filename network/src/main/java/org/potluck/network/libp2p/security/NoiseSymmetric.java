package org.potluck.network.libp2p.security;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.potluck.network.Sha256;

/**
 * What both sides of a handshake have said so far, as a hash and a chain of keys (Noise, "The
 * SymmetricState object").
 */
final class NoiseSymmetric {
  /** Exactly as long as a hash, so that it is the first hash itself. */
  private static final String NAME = "Noise_XX_25519_ChaChaPoly_SHA256";

  private byte[] hash = NAME.getBytes(StandardCharsets.US_ASCII);
  private byte[] chainingKey = hash;
  private @Nullable NoiseCipher cipher;

  NoiseSymmetric() {
    mixHash(new byte[0]); // libp2p's prologue is empty.
  }

  void mixHash(byte[] data) {
    MessageDigest sha256 = Sha256.begin();
    sha256.update(hash);
    hash = sha256.digest(data);
  }

  void mixKey(byte[] secret) {
    byte[][] keys = derive(secret);
    chainingKey = keys[0];
    cipher = new NoiseCipher(keys[1]);
  }

  /** Encrypted once there is a key, as it is before. */
  byte[] seal(byte[] plaintext) {
    byte[] sealed = plaintext;
    if (cipher != null) {
      sealed = new byte[plaintext.length + NoiseCipher.TAG_BYTES];
      cipher.encrypt(hash, plaintext, plaintext.length, sealed, 0);
    }
    mixHash(sealed);
    return sealed;
  }

  /**
   * @throws GeneralSecurityException when the remote has another view of what was said so far
   */
  byte[] open(byte[] sealed) throws GeneralSecurityException {
    byte[] plaintext = sealed;
    if (cipher != null) {
      if (sealed.length < NoiseCipher.TAG_BYTES) {
        throw new GeneralSecurityException("shorter than its tag");
      }
      plaintext = new byte[sealed.length - NoiseCipher.TAG_BYTES];
      cipher.decrypt(hash, sealed, sealed.length, plaintext, 0);
    }
    mixHash(sealed);
    return plaintext;
  }

  /** Bytes that a sealed text is longer than its plaintext. */
  int overhead() {
    return cipher == null ? 0 : NoiseCipher.TAG_BYTES;
  }

  /** The ciphers of the connection: the initiator's direction first. */
  NoiseCipher[] split() {
    byte[][] keys = derive(new byte[0]);
    return new NoiseCipher[] {new NoiseCipher(keys[0]), new NoiseCipher(keys[1])};
  }

  /** HKDF with two outputs. */
  private byte[][] derive(byte[] secret) {
    byte[] temporary = hmac(chainingKey, secret);
    byte[] first = hmac(temporary, new byte[] {1});
    byte[] next = Arrays.copyOf(first, first.length + 1);
    next[first.length] = 2;
    return new byte[][] {first, hmac(temporary, next)};
  }

  private static byte[] hmac(byte[] key, byte[] data) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HMAC with SHA-256", e);
    }
  }
}
