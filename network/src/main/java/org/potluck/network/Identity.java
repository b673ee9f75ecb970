package org.potluck.network;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.potluck.network.proto.KeyType;
import org.potluck.network.proto.PrivateKeyMessage;

/** A peer's Ed25519 key pair: who it is, and the proof of it. */
public final class Identity {
  private final Ed25519PrivateKeyParameters privateKey;
  private final PublicKey publicKey;
  private final PeerId peerId;

  private Identity(byte[] seed) {
    privateKey = new Ed25519PrivateKeyParameters(seed);
    publicKey = PublicKey.ofRaw(privateKey.generatePublicKey().getEncoded());
    peerId = PeerId.of(publicKey);
  }

  /** A new identity; {@code random} must be a {@code SecureRandom} outside of simulations. */
  public static Identity generate(RandomGenerator random) {
    byte[] seed = new byte[Ed25519PrivateKeyParameters.KEY_SIZE];
    random.nextBytes(seed);
    return new Identity(seed);
  }

  /**
   * @param encoded libp2p's protobuf form of the private key (seed and public key, 64 bytes)
   * @throws IllegalArgumentException when it is anything else
   */
  public static Identity ofProtobuf(byte[] encoded) {
    try {
      PrivateKeyMessage message = PrivateKeyMessage.parseFrom(encoded);
      byte[] data = message.getData().toByteArray();
      if (message.getType() != KeyType.ED25519 || data.length != 64) {
        throw new IllegalArgumentException("not an Ed25519 private key of 64 bytes");
      }
      Identity identity = new Identity(Arrays.copyOf(data, Ed25519PrivateKeyParameters.KEY_SIZE));
      if (!Arrays.equals(identity.publicKey.toRaw(), Arrays.copyOfRange(data, 32, 64))) {
        throw new IllegalArgumentException("private and public key do not belong together");
      }
      return identity;
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not a private key in protobuf form", e);
    }
  }

  /** The form in which identity files keep it; secret. */
  public byte[] toProtobuf() {
    return PrivateKeyMessage.newBuilder()
        .setType(KeyType.ED25519)
        .setData(
            ByteString.copyFrom(privateKey.getEncoded())
                .concat(ByteString.copyFrom(publicKey.toRaw())))
        .build()
        .toByteArray();
  }

  public PeerId peerId() {
    return peerId;
  }

  public PublicKey publicKey() {
    return publicKey;
  }

  /** 64 bytes that {@link PublicKey#verify} accepts for {@code message}. */
  public byte[] sign(byte[] message) {
    Ed25519Signer signer = new Ed25519Signer();
    signer.init(true, privateKey);
    signer.update(message, 0, message.length);
    return signer.generateSignature();
  }

  /** Names the peer, never the key. */
  @Override
  public String toString() {
    return "Identity[" + peerId + "]";
  }
}
