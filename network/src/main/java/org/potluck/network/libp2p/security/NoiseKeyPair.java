package org.potluck.network.libp2p.security;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.KeyAgreement;

/** An X25519 key pair with its public half as the 32 bytes of RFC 7748. */
final class NoiseKeyPair {
  static final int BYTES = 32;

  /** All that a SubjectPublicKeyInfo of X25519 has before the key (RFC 8410). */
  private static final byte[] PUBLIC_PREFIX = HexFormat.of().parseHex("302a300506032b656e032100");

  private final PrivateKey privateKey;
  private final byte[] publicKey;

  private NoiseKeyPair(KeyPair pair) {
    privateKey = pair.getPrivate();
    byte[] encoded = pair.getPublic().getEncoded();
    publicKey = Arrays.copyOfRange(encoded, encoded.length - BYTES, encoded.length);
  }

  static NoiseKeyPair generate() {
    try {
      return new NoiseKeyPair(KeyPairGenerator.getInstance("X25519").generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has X25519", e);
    }
  }

  byte[] publicKey() {
    return publicKey.clone();
  }

  /**
   * @throws GeneralSecurityException when {@code remote} is a point that makes no secret
   */
  byte[] agree(byte[] remote) throws GeneralSecurityException {
    byte[] encoded = Arrays.copyOf(PUBLIC_PREFIX, PUBLIC_PREFIX.length + BYTES);
    System.arraycopy(remote, 0, encoded, PUBLIC_PREFIX.length, BYTES);
    KeyAgreement agreement = KeyAgreement.getInstance("X25519");
    agreement.init(privateKey);
    agreement.doPhase(
        KeyFactory.getInstance("X25519").generatePublic(new X509EncodedKeySpec(encoded)), true);
    return agreement.generateSecret();
  }
}
