package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import org.potluck.network.PeerId;

/** Signs records as hivemind's peers do, for runs in which they take part. */
public final class RsaSigner {
  private static final int MODULUS_BITS = 2048;

  private final RSAPublicKey publicKey;
  private final PrivateKey privateKey;
  private final SecureRandom random;

  /**
   * @throws IllegalArgumentException unless it is a pair of RSA keys
   */
  public RsaSigner(KeyPair keys, SecureRandom random) {
    if (!(keys.getPublic() instanceof RSAPublicKey key)) {
      throw new IllegalArgumentException("hivemind signs with RSA keys");
    }
    publicKey = key;
    privateKey = keys.getPrivate();
    this.random = random;
  }

  /** A new key of 2048 bits, hivemind's size. */
  public static RsaSigner generate(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(MODULUS_BITS, random);
      return new RsaSigner(generator.generateKeyPair(), random);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has RSA", e);
    }
  }

  /** The libp2p peer id that belongs to this key. */
  public PeerId owner() {
    return RsaEntry.owner(publicKey);
  }

  /** {@code [owner:ssh-rsa ...]}, which a subkey must contain to be this key's alone. */
  public byte[] marker() {
    return RsaEntry.marker(publicKey);
  }

  /**
   * A signed record under the subkey that is {@link #marker}, as hivemind's progress has it.
   *
   * @param value MessagePack of what to say
   */
  public DhtRecord sign(DhtId key, ByteString value, Instant expiration) {
    return sign(key, ByteString.copyFrom(MessagePackValues.encode(marker())), value, expiration);
  }

  /**
   * @param subkey MessagePack of a subkey that contains {@link #marker}
   * @param value MessagePack of what to say
   */
  public DhtRecord sign(DhtId key, ByteString subkey, ByteString value, Instant expiration) {
    double seconds = UnixSeconds.of(expiration);
    try {
      Signature signer = Signature.getInstance("RSASSA-PSS");
      signer.setParameter(RsaEntry.pss(RsaEntry.saltBytesMax(publicKey)));
      signer.initSign(privateKey, random);
      signer.update(DhtRecord.bytesToSign(key, subkey, value, seconds));
      return new DhtRecord(key, subkey, value.concat(RsaEntry.appendix(signer.sign())), seconds);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has RSASSA-PSS", e);
    }
  }
}
