package org.potluck.network.libp2p.security;

import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * One direction of an encrypted connection: a key, and a nonce that counts (Noise, "The CipherState
 * object").
 *
 * <p>It works on heap arrays: the JDK's ciphers are a quarter slower on direct buffers.
 */
final class NoiseCipher {
  static final int KEY_BYTES = 32;
  static final int TAG_BYTES = 16;

  private final Cipher cipher;
  private final SecretKeySpec key;
  private long nonce;

  NoiseCipher(byte[] key) {
    try {
      this.cipher = Cipher.getInstance("ChaCha20-Poly1305");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has ChaCha20-Poly1305", e);
    }
    this.key = new SecretKeySpec(key, "ChaCha20");
  }

  /** Writes {@code length + TAG_BYTES} bytes to {@code out}. */
  void encrypt(byte[] associated, byte[] in, int length, byte[] out, int outAt) {
    try {
      cipher.init(Cipher.ENCRYPT_MODE, key, nextNonce());
      cipher.updateAAD(associated);
      cipher.doFinal(in, 0, length, out, outAt);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("encrypting cannot fail", e);
    }
  }

  /**
   * Writes {@code length - TAG_BYTES} bytes to {@code out}.
   *
   * @throws GeneralSecurityException when {@code in} is not what the holder of the key wrote next
   */
  void decrypt(byte[] associated, byte[] in, int length, byte[] out, int outAt)
      throws GeneralSecurityException {
    cipher.init(Cipher.DECRYPT_MODE, key, nextNonce());
    cipher.updateAAD(associated);
    cipher.doFinal(in, 0, length, out, outAt);
  }

  /** Four zero bytes, then the counter with its lowest byte first. */
  private AlgorithmParameterSpec nextNonce() {
    byte[] bytes = new byte[12];
    for (int i = 0; i < 8; i++) {
      bytes[4 + i] = (byte) (nonce >>> (8 * i));
    }
    nonce++;
    if (nonce == -1) {
      throw new IllegalStateException("the nonces of this connection are used up");
    }
    return new IvParameterSpec(bytes);
  }
}
