package org.potluck.network.libp2p.security;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.potluck.network.PeerId;
import org.potluck.network.PublicKey;
import org.potluck.network.Sha256;
import org.potluck.network.proto.PublicKeyMessage;

/**
 * The identity key of whoever answers: Potluck's peers have Ed25519, other libp2p peers may have
 * any of the four kinds of libp2p specs, peer-ids, "Key Types".
 */
final class RemoteKey {
  /** Room for RSA keys of 8192 bits. */
  private static final int BYTES_MAX = 1_200;

  private static final int RSA_BITS_MIN = 2_048;
  private static final int RSA_BITS_MAX = 8_192;

  private final PublicKeyMessage message;

  private RemoteKey(PublicKeyMessage message) {
    this.message = message;
  }

  /**
   * @throws IllegalArgumentException when it is not a key in libp2p's protobuf form
   */
  static RemoteKey ofProtobuf(byte[] encoded) {
    if (encoded.length > BYTES_MAX) {
      throw new IllegalArgumentException("a public key of more than " + BYTES_MAX + " bytes");
    }
    try {
      PublicKeyMessage message = PublicKeyMessage.parseFrom(encoded);
      // Built anew, so that unknown fields cannot give one key several ids.
      return new RemoteKey(
          PublicKeyMessage.newBuilder()
              .setType(message.getType())
              .setData(message.getData())
              .build());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not a public key in protobuf form", e);
    }
  }

  PeerId peerId() {
    return PeerId.ofKey(message.toByteArray());
  }

  /** False also when key or signature are malformed. */
  boolean verify(byte[] signed, byte[] signature) {
    byte[] key = message.getData().toByteArray();
    try {
      return switch (message.getType()) {
        case ED25519 -> PublicKey.ofRaw(key).verify(signed, signature);
        case SECP256K1 -> secp256k1(key, signed, signature);
        case ECDSA -> jca("EC", "SHA256withECDSA", key, signed, signature);
        case RSA -> jca("RSA", "SHA256withRSA", key, signed, signature);
      };
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean jca(
      String keys, String algorithm, byte[] key, byte[] signed, byte[] signature)
      throws GeneralSecurityException {
    java.security.PublicKey publicKey =
        KeyFactory.getInstance(keys).generatePublic(new X509EncodedKeySpec(key));
    if (publicKey instanceof RSAPublicKey rsa) {
      int bits = rsa.getModulus().bitLength();
      if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
        return false;
      }
    }
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(publicKey);
    verifier.update(signed);
    return verifier.verify(signature);
  }

  /** The JDK no longer has this curve. */
  private static boolean secp256k1(byte[] key, byte[] signed, byte[] signature)
      throws GeneralSecurityException, IOException {
    X9ECParameters curve = SECNamedCurves.getByName("secp256k1");
    ECDSASigner verifier = new ECDSASigner();
    verifier.init(
        false,
        new ECPublicKeyParameters(
            curve.getCurve().decodePoint(key), new ECDomainParameters(curve)));
    ASN1Sequence pair = ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(signature));
    if (pair.size() != 2) {
      return false;
    }
    BigInteger r = ASN1Integer.getInstance(pair.getObjectAt(0)).getPositiveValue();
    BigInteger s = ASN1Integer.getInstance(pair.getObjectAt(1)).getPositiveValue();
    byte[] digest = Sha256.of(signed);
    return verifier.verifySignature(digest, r, s);
  }

  @Override
  public String toString() {
    return message.getType() + " key of " + peerId();
  }
}
