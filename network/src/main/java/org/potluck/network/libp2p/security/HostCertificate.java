package org.potluck.network.libp2p.security;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.potluck.network.Identity;

/**
 * The certificate a peer shows: self-signed by a key of its own, with the identity key and its
 * signature over that key in an extension (libp2p specs, tls, "Peer Authentication").
 *
 * <p>The extension stands first and alone, because js-libp2p looks only there.
 */
record HostCertificate(PrivateKey key, X509Certificate certificate) {
  static final ASN1ObjectIdentifier EXTENSION = new ASN1ObjectIdentifier("1.3.6.1.4.1.53594.1.1");

  static final String SIGNED_PREFIX = "libp2p-tls-handshake:";

  /** The clocks of volunteers' machines are not exact. */
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);

  private static final Duration VALIDITY = Duration.ofDays(36_500);

  static HostCertificate of(Identity identity, Instant now) {
    SecureRandom random = new SecureRandom();
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      KeyPair pair = generator.generateKeyPair();
      byte[] statement = Remote.statement(SIGNED_PREFIX, pair.getPublic().getEncoded());
      DERSequence signedKey =
          new DERSequence(
              new DEROctetString[] {
                new DEROctetString(identity.publicKey().toProtobuf()),
                new DEROctetString(identity.sign(statement))
              });
      X500Name name = new X500Name("O=libp2p.io");
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              name,
              new BigInteger(63, random).add(BigInteger.ONE),
              Date.from(now.minus(CLOCK_SKEW)),
              Date.from(now.plus(VALIDITY)),
              name,
              pair.getPublic());
      builder.addExtension(EXTENSION, false, signedKey);
      return new HostCertificate(
          pair.getPrivate(),
          new JcaX509CertificateConverter()
              .getCertificate(
                  builder.build(
                      new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))));
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("every Java can make a P-256 certificate", e);
    }
  }
}
