package org.potluck.network.libp2p.security;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Boolean;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.x509.Time;
import org.jspecify.annotations.Nullable;
import org.potluck.network.NetworkException;
import org.potluck.network.NetworkException.Reason;
import org.potluck.network.PeerId;

/**
 * Reads the one certificate of a remote and finds out who it is (libp2p specs, tls).
 *
 * <p>It reads the DER fields itself. js-libp2p's certificates have an empty issuer, which RFC 5280
 * forbids and which the JDK's and BouncyCastle's certificate classes therefore refuse, while the
 * libp2p specification does not care who the issuer is.
 */
final class CertificateCheck {
  /** A certificate with an RSA identity of 8192 bits has about 3 KiB. */
  private static final int BYTES_MAX = 8_192;

  private static final int SUBJECT_PUBLIC_KEY_AT = 5;
  private static final int VALIDITY_AT = 3;
  private static final int EXTENSIONS_TAG = 3;

  /** Signature algorithm to the JDK's name for it and the kind of key it takes. */
  private static final Map<String, SelfSignature> SELF_SIGNATURES =
      Map.of(
          "1.2.840.10045.4.3.2", new SelfSignature("SHA256withECDSA", "EC"),
          "1.2.840.10045.4.3.3", new SelfSignature("SHA384withECDSA", "EC"),
          "1.2.840.10045.4.3.4", new SelfSignature("SHA512withECDSA", "EC"),
          "1.2.840.113549.1.1.11", new SelfSignature("SHA256withRSA", "RSA"),
          "1.2.840.113549.1.1.12", new SelfSignature("SHA384withRSA", "RSA"),
          "1.2.840.113549.1.1.13", new SelfSignature("SHA512withRSA", "RSA"),
          "1.3.101.112", new SelfSignature("Ed25519", "Ed25519"));

  private record SelfSignature(String algorithm, String keys) {}

  private CertificateCheck() {}

  /**
   * Who showed this certificate.
   *
   * @param now the time at which it must be valid
   * @throws NetworkException when any rule of the specification is broken
   */
  static PeerId remote(byte[] der, Instant now) throws NetworkException {
    if (der.length > BYTES_MAX) {
      throw violation("it has more than " + BYTES_MAX + " bytes", null);
    }
    try {
      return read(der, now);
    } catch (IOException | GeneralSecurityException e) {
      throw e instanceof NetworkException known ? known : violation("it makes no sense", e);
    } catch (IllegalArgumentException
        | IllegalStateException
        | ArithmeticException
        | ClassCastException
        | NullPointerException
        | IndexOutOfBoundsException e) {
      // What the DER reader throws on garbage is not documented.
      throw violation("it makes no sense", e);
    }
  }

  private static PeerId read(byte[] der, Instant now) throws IOException, GeneralSecurityException {
    ASN1Sequence certificate = ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(der));
    if (certificate.size() != 3) {
      throw violation("it does not have three parts", null);
    }
    ASN1Sequence body = ASN1Sequence.getInstance(certificate.getObjectAt(0));
    int first = body.getObjectAt(0) instanceof ASN1TaggedObject ? 1 : 0;
    checkValidity(ASN1Sequence.getInstance(body.getObjectAt(first + VALIDITY_AT)), now);
    byte[] key =
        body.getObjectAt(first + SUBJECT_PUBLIC_KEY_AT)
            .toASN1Primitive()
            .getEncoded(ASN1Encoding.DER);
    checkSelfSignature(certificate, body, key);
    ASN1Sequence signedKey = libp2pExtension(body, first + SUBJECT_PUBLIC_KEY_AT + 1);
    if (signedKey.size() != 2) {
      throw violation("its libp2p extension does not have two parts", null);
    }
    byte[] identityKey = ASN1OctetString.getInstance(signedKey.getObjectAt(0)).getOctets();
    byte[] signature = ASN1OctetString.getInstance(signedKey.getObjectAt(1)).getOctets();
    return Remote.proven(
        identityKey, Remote.statement(HostCertificate.SIGNED_PREFIX, key), signature);
  }

  private static void checkValidity(ASN1Sequence validity, Instant now) throws NetworkException {
    Instant from = Time.getInstance(validity.getObjectAt(0)).getDate().toInstant();
    Instant until = Time.getInstance(validity.getObjectAt(1)).getDate().toInstant();
    if (now.isBefore(from)) {
      throw violation("it is valid from " + from + " only; is this machine's clock right?", null);
    }
    if (now.isAfter(until)) {
      throw violation("it expired at " + until + "; is this machine's clock right?", null);
    }
  }

  private static void checkSelfSignature(ASN1Sequence certificate, ASN1Sequence body, byte[] key)
      throws IOException, GeneralSecurityException {
    ASN1Sequence named = ASN1Sequence.getInstance(certificate.getObjectAt(1));
    String oid = ASN1ObjectIdentifier.getInstance(named.getObjectAt(0)).getId();
    SelfSignature kind = SELF_SIGNATURES.get(oid);
    if (kind == null) {
      throw violation("it is signed by an algorithm not known here, " + oid, null);
    }
    Signature verifier = Signature.getInstance(kind.algorithm);
    verifier.initVerify(
        KeyFactory.getInstance(kind.keys).generatePublic(new X509EncodedKeySpec(key)));
    verifier.update(body.getEncoded(ASN1Encoding.DER));
    if (!verifier.verify(ASN1BitString.getInstance(certificate.getObjectAt(2)).getOctets())) {
      throw violation("its own signature is wrong", null);
    }
  }

  private static ASN1Sequence libp2pExtension(ASN1Sequence body, int from) throws IOException {
    Set<String> seen = new HashSet<>();
    byte[] found = new byte[0];
    for (int i = from; i < body.size(); i++) {
      ASN1TaggedObject tagged = ASN1TaggedObject.getInstance(body.getObjectAt(i));
      if (tagged.getTagNo() != EXTENSIONS_TAG) {
        throw violation("it has a deprecated unique id", null);
      }
      for (ASN1Encodable each : ASN1Sequence.getInstance(tagged, true)) {
        ASN1Sequence extension = ASN1Sequence.getInstance(each);
        String oid = ASN1ObjectIdentifier.getInstance(extension.getObjectAt(0)).getId();
        boolean libp2p = oid.equals(HostCertificate.EXTENSION.getId());
        boolean critical =
            extension.size() == 3 && ASN1Boolean.getInstance(extension.getObjectAt(1)).isTrue();
        if (!seen.add(oid)) {
          throw violation("it has the extension " + oid + " twice", null);
        }
        if (critical && !libp2p) {
          throw violation("it has a critical extension not known here, " + oid, null);
        }
        if (libp2p) {
          int last = extension.size() - 1;
          found = ASN1OctetString.getInstance(extension.getObjectAt(last)).getOctets();
        }
      }
    }
    if (found.length == 0) {
      throw violation("it lacks libp2p's extension", null);
    }
    return ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(found));
  }

  private static NetworkException violation(String what, @Nullable Exception cause) {
    String message = "the remote's certificate is no good: " + what;
    return cause == null
        ? new NetworkException(Reason.PROTOCOL_VIOLATION, message)
        : new NetworkException(Reason.PROTOCOL_VIOLATION, message, cause);
  }
}
