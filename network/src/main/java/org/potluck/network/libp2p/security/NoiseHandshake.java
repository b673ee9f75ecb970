package org.potluck.network.libp2p.security;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;

/**
 * The XX pattern of the Noise protocol framework, revision 34, message by message and without any
 * I/O:
 *
 * <pre>
 *   -> e
 *   <- e, ee, s, es
 *   -> s, se
 * </pre>
 *
 * <p>Afterwards each side knows that the other one holds the private half of {@link #remoteStatic}.
 * Whose key that is, the payloads say ({@link NoiseIdentity}).
 */
final class NoiseHandshake {
  private final boolean initiator;
  private final NoiseSymmetric symmetric = new NoiseSymmetric();
  private final NoiseKeyPair ownStatic;
  private final NoiseKeyPair ownEphemeral;
  private byte[] remoteEphemeral = new byte[0];
  private byte[] remoteStatic = new byte[0];

  NoiseHandshake(boolean initiator, NoiseKeyPair ownStatic, NoiseKeyPair ownEphemeral) {
    this.initiator = initiator;
    this.ownStatic = ownStatic;
    this.ownEphemeral = ownEphemeral;
  }

  /** The initiator's; libp2p forbids a payload in it, because nothing protects it. */
  byte[] writeFirst() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writeEphemeral(out);
    out.writeBytes(symmetric.seal(new byte[0]));
    return out.toByteArray();
  }

  void readFirst(byte[] message) throws GeneralSecurityException {
    ByteBuffer in = ByteBuffer.wrap(message);
    readEphemeral(in);
    symmetric.open(take(in, in.remaining()));
  }

  byte[] writeSecond(byte[] payload) throws GeneralSecurityException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writeEphemeral(out);
    symmetric.mixKey(ownEphemeral.agree(remoteEphemeral));
    out.writeBytes(symmetric.seal(ownStatic.publicKey()));
    symmetric.mixKey(ownStatic.agree(remoteEphemeral));
    out.writeBytes(symmetric.seal(payload));
    return out.toByteArray();
  }

  byte[] readSecond(byte[] message) throws GeneralSecurityException {
    ByteBuffer in = ByteBuffer.wrap(message);
    readEphemeral(in);
    symmetric.mixKey(ownEphemeral.agree(remoteEphemeral));
    readStatic(in);
    symmetric.mixKey(ownEphemeral.agree(remoteStatic));
    return symmetric.open(take(in, in.remaining()));
  }

  byte[] writeThird(byte[] payload) throws GeneralSecurityException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(symmetric.seal(ownStatic.publicKey()));
    symmetric.mixKey(ownStatic.agree(remoteEphemeral));
    out.writeBytes(symmetric.seal(payload));
    return out.toByteArray();
  }

  byte[] readThird(byte[] message) throws GeneralSecurityException {
    ByteBuffer in = ByteBuffer.wrap(message);
    readStatic(in);
    symmetric.mixKey(ownEphemeral.agree(remoteStatic));
    return symmetric.open(take(in, in.remaining()));
  }

  byte[] remoteStatic() {
    return remoteStatic.clone();
  }

  /** The ciphers of the finished handshake. */
  NoiseTransport split() {
    NoiseCipher[] ciphers = symmetric.split();
    return initiator
        ? new NoiseTransport(ciphers[0], ciphers[1])
        : new NoiseTransport(ciphers[1], ciphers[0]);
  }

  /** Both directions as this side sees them. */
  record NoiseTransport(NoiseCipher sending, NoiseCipher receiving) {}

  private void writeEphemeral(ByteArrayOutputStream out) {
    out.writeBytes(ownEphemeral.publicKey());
    symmetric.mixHash(ownEphemeral.publicKey());
  }

  private void readEphemeral(ByteBuffer in) throws GeneralSecurityException {
    remoteEphemeral = take(in, NoiseKeyPair.BYTES);
    symmetric.mixHash(remoteEphemeral);
  }

  private void readStatic(ByteBuffer in) throws GeneralSecurityException {
    remoteStatic = symmetric.open(take(in, NoiseKeyPair.BYTES + symmetric.overhead()));
  }

  private static byte[] take(ByteBuffer in, int length) throws GeneralSecurityException {
    if (in.remaining() < length) {
      throw new GeneralSecurityException("the message is too short");
    }
    byte[] taken = new byte[length];
    in.get(taken);
    return taken;
  }
}
