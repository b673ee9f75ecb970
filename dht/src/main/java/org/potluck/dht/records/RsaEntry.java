package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.Optional;
import org.potluck.network.PeerId;

/**
 * An entry that its owner signed as hivemind does, taken apart.
 *
 * <p>The subkey contains {@code [owner:ssh-rsa <base64>]}, an RSA key as OpenSSH writes it, once;
 * the value contains {@code [signature:<base64>]} once, and without it is what the owner says.
 * Signed is hivemind's tuple by RSA-PSS with SHA-256 and the longest salt; hivemind accepts a salt
 * of 32 bytes, too.
 *
 * @param value what the owner says, MessagePack
 */
record RsaEntry(RSAPublicKey key, ByteString value, byte[] signature) {
  private static final String KIND = "ssh-rsa";
  private static final String OWNER = "[owner:";
  private static final String SIGNATURE = "[signature:";
  private static final String END = "]";
  private static final int MODULUS_BITS_MIN = 2048;
  private static final int MODULUS_BITS_MAX = 4096;
  private static final int SHA256_BYTES = 32;

  /** What the signature adds to a value at most. */
  static final int OVERHEAD_BYTES = 720;

  /** Whether {@code subkey} names an owner anywhere, and so must be signed. */
  static boolean marked(ByteString subkey) {
    return latin(subkey).contains(OWNER);
  }

  /** Takes {@code record} apart; empty when it is not in hivemind's form. */
  static Optional<RsaEntry> parse(DhtRecord record) {
    String subkey = latin(record.subkey());
    String value = latin(record.value());
    int signatureAt = value.indexOf(SIGNATURE);
    int end = value.indexOf(END, signatureAt);
    String[] key = between(subkey, OWNER).split(" ", -1);
    boolean once = value.indexOf(SIGNATURE, signatureAt + 1) < 0;
    boolean oneOwner = subkey.indexOf(OWNER, subkey.indexOf(OWNER) + 1) < 0;
    if (signatureAt < 0 || end < 0 || !once || !oneOwner || key.length != 2) {
      return Optional.empty();
    }
    try {
      RSAPublicKey owner = key(key[0], Base64.getDecoder().decode(key[1]));
      ByteString said =
          record.value().substring(0, signatureAt).concat(record.value().substring(end + 1));
      byte[] signature = Base64.getDecoder().decode(between(value, SIGNATURE));
      return Optional.of(new RsaEntry(owner, said, signature));
    } catch (IllegalArgumentException | BufferUnderflowException | GeneralSecurityException e) {
      return Optional.empty();
    }
  }

  /** Whether the owner signed {@code record}, of which this is the content. */
  boolean signs(DhtRecord record) {
    byte[] signed =
        DhtRecord.bytesToSign(record.key(), record.subkey(), value, record.expiration());
    return signs(signed, saltBytesMax(key)) || signs(signed, SHA256_BYTES);
  }

  private boolean signs(byte[] signed, int saltBytes) {
    try {
      Signature verifier = Signature.getInstance("RSASSA-PSS");
      verifier.setParameter(pss(saltBytes));
      verifier.initVerify(key);
      verifier.update(signed);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** The libp2p peer id that belongs to the owner's key. */
  PeerId owner() {
    return owner(key);
  }

  static PeerId owner(RSAPublicKey key) {
    byte[] der = key.getEncoded();
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    // libp2p's PublicKey: type RSA (0), then the key as X.509 has it.
    message.writeBytes(new byte[] {0x08, 0x00, 0x12});
    for (int rest = der.length; ; rest >>>= 7) {
      message.write(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
      if (rest < 0x80) {
        break;
      }
    }
    message.writeBytes(der);
    return PeerId.ofKey(message.toByteArray());
  }

  /** {@code [owner:...]} for {@code key}. */
  static byte[] marker(RSAPublicKey key) {
    ByteArrayOutputStream blob = new ByteArrayOutputStream();
    field(blob, KIND.getBytes(StandardCharsets.US_ASCII));
    field(blob, key.getPublicExponent().toByteArray());
    field(blob, key.getModulus().toByteArray());
    String text = Base64.getEncoder().encodeToString(blob.toByteArray());
    return (OWNER + KIND + " " + text + END).getBytes(StandardCharsets.US_ASCII);
  }

  /** {@code [signature:...]} around {@code signature}. */
  static ByteString appendix(byte[] signature) {
    return ByteString.copyFromUtf8(SIGNATURE + Base64.getEncoder().encodeToString(signature) + END);
  }

  static PSSParameterSpec pss(int saltBytes) {
    return new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, saltBytes, 1);
  }

  /** The longest salt that fits beside the digest (RFC 8017, section 9.1.1). */
  static int saltBytesMax(RSAPublicKey key) {
    return (key.getModulus().bitLength() - 1 + 7) / 8 - SHA256_BYTES - 2;
  }

  private static RSAPublicKey key(String kind, byte[] bytes) throws GeneralSecurityException {
    ByteBuffer blob = ByteBuffer.wrap(bytes);
    String inner = new String(field(blob), StandardCharsets.US_ASCII);
    BigInteger exponent = new BigInteger(1, field(blob));
    BigInteger modulus = new BigInteger(1, field(blob));
    boolean sized =
        modulus.bitLength() >= MODULUS_BITS_MIN && modulus.bitLength() <= MODULUS_BITS_MAX;
    if (!kind.equals(KIND)
        || !inner.equals(KIND)
        || blob.hasRemaining()
        || !sized
        || exponent.bitLength() > Integer.SIZE) {
      throw new IllegalArgumentException("no RSA key of OpenSSH of 2048 to 4096 bits");
    }
    return (RSAPublicKey)
        KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
  }

  private static byte[] field(ByteBuffer blob) {
    int length = blob.getInt();
    if (length < 0 || length > blob.remaining()) {
      throw new IllegalArgumentException("a field is cut off");
    }
    byte[] field = new byte[length];
    blob.get(field);
    return field;
  }

  private static void field(ByteArrayOutputStream blob, byte[] field) {
    blob.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(field.length).array());
    blob.writeBytes(field);
  }

  /** What stands between {@code start} and the bracket after it; empty when it does not occur. */
  private static String between(String text, String start) {
    int at = text.indexOf(start);
    int end = text.indexOf(END, at);
    return at < 0 || end < 0 ? "" : text.substring(at + start.length(), end);
  }

  /** One character per byte, so that places in the text are places in the bytes. */
  private static String latin(ByteString bytes) {
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }
}
