package org.potluck.network;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The name of a peer: a multihash of its public key (libp2p specs, peer-ids).
 *
 * <p>Ordered by unsigned bytes, so that all peers sort a group alike.
 */
public final class PeerId implements Comparable<PeerId> {
  /** Public keys up to this many bytes, in protobuf form, stand in the id themselves. */
  private static final int INLINE_BYTES_MAX = 42;

  /** The longest multihash accepted from anybody: the inline form of the longest inline key. */
  public static final int BYTES_MAX = 2 + INLINE_BYTES_MAX;

  private static final Recent<PeerId> RECENT = new Recent<>(15);

  private final byte[] multihash;

  /** Ids are looked up in maps all the time. */
  private final int hash;

  /** Made when first asked for; ids are printed and sent in addresses all the time. */
  private @Nullable String text;

  private PeerId(byte[] multihash) {
    this.multihash = multihash;
    hash = Arrays.hashCode(multihash);
  }

  /** The id of the peer that holds the private half of {@code key}. */
  public static PeerId of(PublicKey key) {
    return ofKey(key.toProtobuf());
  }

  /**
   * The id that belongs to any kind of key.
   *
   * @param encoded libp2p's deterministic protobuf form of the public key
   */
  public static PeerId ofKey(byte[] encoded) {
    boolean inline = encoded.length <= INLINE_BYTES_MAX;
    byte[] digest = inline ? encoded : Sha256.of(encoded);
    byte[] multihash = new byte[2 + digest.length];
    multihash[0] = (byte) (inline ? 0x00 : 0x12);
    multihash[1] = (byte) digest.length;
    System.arraycopy(digest, 0, multihash, 2, digest.length);
    return new PeerId(multihash);
  }

  /**
   * @param multihash an identity multihash or a SHA-256 one
   * @throws IllegalArgumentException when it is neither
   */
  public static PeerId ofBytes(byte[] multihash) {
    boolean identity = multihash.length > 2 && multihash[0] == 0x00;
    boolean sha256 = multihash.length == 34 && multihash[0] == 0x12;
    if (!(identity || sha256)
        || multihash.length > BYTES_MAX
        || multihash[1] != multihash.length - 2) {
      throw new IllegalArgumentException("not the multihash of a peer id");
    }
    return RECENT.get(
        Arrays.hashCode(multihash),
        known -> Arrays.equals(known.multihash, multihash),
        () -> new PeerId(multihash.clone()));
  }

  /**
   * @param text base58btc, as in {@code 12D3KooW...} or {@code Qm...}, or a CID of version 1 in
   *     base 32 or 58, as in {@code bafz...}
   * @throws IllegalArgumentException naming {@code text} when it is not a peer id
   */
  public static PeerId parse(String text) {
    if (text.length() > 2 * BYTES_MAX) {
      throw new IllegalArgumentException("not a peer id: longer than any peer id is");
    }
    try {
      return text.startsWith("1") || text.startsWith("Qm")
          ? ofBytes(Base58.decode(text))
          : ofCid(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not a peer id: '" + text + "'", e);
    }
  }

  /** Multibase prefix, version 1, multicodec "libp2p-key", multihash. */
  private static PeerId ofCid(String text) {
    byte[] cid =
        switch (text.isEmpty() ? ' ' : text.charAt(0)) {
          case 'b' -> Base32.decode(text.substring(1));
          case 'z' -> Base58.decode(text.substring(1));
          default -> throw new IllegalArgumentException("starts with none of 1, Qm, b, z");
        };
    if (cid.length < 2 || cid[0] != 1 || cid[1] != 0x72) {
      throw new IllegalArgumentException("a CID, but not of a libp2p key");
    }
    return ofBytes(Arrays.copyOfRange(cid, 2, cid.length));
  }

  /** The multihash, as it travels. */
  public byte[] toBytes() {
    return multihash.clone();
  }

  /** The last six characters, enough to tell the peers of one run apart on a screen. */
  public String shortName() {
    String text = toString();
    return text.substring(text.length() - 6);
  }

  @Override
  public int compareTo(PeerId other) {
    return Arrays.compareUnsigned(multihash, other.multihash);
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof PeerId that
            && hash == that.hash
            && Arrays.equals(multihash, that.multihash));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    String known = text;
    if (known == null) {
      known = Base58.encode(multihash);
      text = known;
    }
    return known;
  }
}
