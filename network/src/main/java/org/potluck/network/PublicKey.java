package org.potluck.network;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Arrays;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.potluck.network.proto.KeyType;
import org.potluck.network.proto.PublicKeyMessage;

/**
 * The public half of a peer's Ed25519 key.
 *
 * <p>Foreign peers may hold RSA, ECDSA or secp256k1 keys; those are verified where handshakes need
 * it, in {@code org.potluck.network.libp2p}. Potluck's own peers all hold Ed25519 keys.
 */
public final class PublicKey {
  /** Length of the raw key in bytes. */
  public static final int BYTES = 32;

  /** Length of a signature in bytes. */
  public static final int SIGNATURE_BYTES = 64;

  private final byte[] raw;

  private PublicKey(byte[] raw) {
    this.raw = raw;
  }

  /**
   * @param raw the 32 bytes of RFC 8032
   */
  public static PublicKey ofRaw(byte[] raw) {
    if (raw.length != BYTES) {
      throw new IllegalArgumentException("an Ed25519 public key has 32 bytes, not " + raw.length);
    }
    return new PublicKey(raw.clone());
  }

  /**
   * @param encoded libp2p's protobuf form (specs, peer-ids, "Keys")
   * @throws IllegalArgumentException when it is not an Ed25519 key in that form
   */
  public static PublicKey ofProtobuf(byte[] encoded) {
    try {
      PublicKeyMessage message = PublicKeyMessage.parseFrom(encoded);
      if (message.getType() != KeyType.ED25519) {
        throw new IllegalArgumentException("not an Ed25519 key but " + message.getType());
      }
      return ofRaw(message.getData().toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not a public key in protobuf form", e);
    }
  }

  /**
   * The key that stands in an inline peer id.
   *
   * @throws IllegalArgumentException when {@code id} is a hash, or of another kind of key
   */
  public static PublicKey of(PeerId id) {
    byte[] multihash = id.toBytes();
    if (multihash[0] != 0x00) {
      throw new IllegalArgumentException("peer id " + id + " is a hash of its key, not the key");
    }
    return ofProtobuf(Arrays.copyOfRange(multihash, 2, multihash.length));
  }

  /** Whether the holder of this key signed {@code message}; false for whatever is malformed. */
  public boolean verify(byte[] message, byte[] signature) {
    if (signature.length != SIGNATURE_BYTES) {
      return false;
    }
    Ed25519Signer verifier = new Ed25519Signer();
    try {
      verifier.init(false, new Ed25519PublicKeyParameters(raw));
    } catch (IllegalArgumentException e) {
      return false; // 32 bytes, but no point of the curve: nothing was ever signed with it
    }
    verifier.update(message, 0, message.length);
    return verifier.verifySignature(signature);
  }

  public byte[] toRaw() {
    return raw.clone();
  }

  /** libp2p's deterministic protobuf form: type, then data. */
  public byte[] toProtobuf() {
    return PublicKeyMessage.newBuilder()
        .setType(KeyType.ED25519)
        .setData(ByteString.copyFrom(raw))
        .build()
        .toByteArray();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PublicKey that && Arrays.equals(raw, that.raw);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(raw);
  }

  @Override
  public String toString() {
    return PeerId.of(this).toString();
  }
}
