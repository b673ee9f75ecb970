package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/**
 * An entry that its owner signed, taken apart.
 *
 * <p>Layout: the subkey is MessagePack bin of {@code [potluck-owner:<peer id>]}; the value is a
 * MessagePack array of two bins, the payload and the signature. So the signature is the last 66
 * bytes (0xc4, 64, signature), and any MessagePack reader takes the whole without complaint. Signed
 * is hivemind's tuple, its value being the bin of the payload.
 *
 * @param owner as the subkey names it
 * @param payload what the owner says
 * @param signature 64 bytes, not checked yet
 */
record OwnedEntry(PeerId owner, ByteString payload, ByteString signature) {
  private static final String MARKER_START = "[potluck-owner:";
  private static final String MARKER_END = "]";
  private static final ByteString MARKER_BYTES = ByteString.copyFromUtf8(MARKER_START);

  private static final ByteString ARRAY_OF_TWO = ByteString.copyFrom(new byte[] {(byte) 0x92});
  private static final ByteString SIGNATURE_HEADER =
      ByteString.copyFrom(new byte[] {(byte) 0xc4, 64});
  private static final int SIGNATURE_BYTES = 64;
  private static final int SUFFIX_BYTES = 2 + SIGNATURE_BYTES;

  /** What layout and signature add to a payload at most. */
  static final int OVERHEAD_BYTES = 1 + 5 + SUFFIX_BYTES;

  static ByteString subkey(PeerId owner) {
    byte[] marker = (MARKER_START + owner + MARKER_END).getBytes(StandardCharsets.US_ASCII);
    return ByteString.copyFrom(MessagePackValues.encode(marker));
  }

  static DhtRecord sign(Identity identity, DhtId key, byte[] payload, double expiration) {
    ByteString subkey = subkey(identity.peerId());
    ByteString packed = ByteString.copyFrom(MessagePackValues.encode(payload));
    byte[] signature = identity.sign(DhtRecord.bytesToSign(key, subkey, packed, expiration));
    ByteString value =
        ARRAY_OF_TWO.concat(packed).concat(SIGNATURE_HEADER).concat(ByteString.copyFrom(signature));
    return new DhtRecord(key, subkey, value, expiration);
  }

  /** Whether {@code subkey} speaks of an owner anywhere, and so must be signed. */
  static boolean marked(ByteString subkey) {
    int last = subkey.size() - MARKER_BYTES.size();
    for (int at = 0; at <= last; at++) {
      if (subkey.substring(at, at + MARKER_BYTES.size()).equals(MARKER_BYTES)) {
        return true;
      }
    }
    return false;
  }

  /** Takes {@code record} apart; empty when it is not in the one accepted form. */
  static Optional<OwnedEntry> parse(DhtRecord record) {
    Optional<PeerId> owner = owner(record.subkey());
    ByteString value = record.value();
    int packedEnd = value.size() - SUFFIX_BYTES;
    if (owner.isEmpty() || packedEnd < 3 || !value.startsWith(ARRAY_OF_TWO)) {
      return Optional.empty();
    }
    ByteString packed = value.substring(1, packedEnd);
    int header = packed.size() < 2 + 256 ? 2 : packed.size() < 3 + 65536 ? 3 : 5;
    if (packed.size() < header
        || !value.substring(packedEnd).startsWith(SIGNATURE_HEADER)
        || !packed.equals(repacked(packed.substring(header)))) {
      return Optional.empty();
    }
    ByteString signature = value.substring(packedEnd + SIGNATURE_HEADER.size());
    return Optional.of(new OwnedEntry(owner.get(), packed.substring(header), signature));
  }

  byte[] bytesToSign(DhtRecord record) {
    return DhtRecord.bytesToSign(
        record.key(), record.subkey(), repacked(payload), record.expiration());
  }

  private static ByteString repacked(ByteString payload) {
    return ByteString.copyFrom(MessagePackValues.encode(payload));
  }

  private static Optional<PeerId> owner(ByteString subkey) {
    int start = subkey.size() - MARKER_END.length();
    for (int header = 2; header <= 3 && header + MARKER_BYTES.size() < start; header++) {
      if (subkey.substring(header).startsWith(MARKER_BYTES)) {
        try {
          String text = subkey.substring(header + MARKER_BYTES.size(), start).toStringUtf8();
          PeerId owner = PeerId.parse(text);
          return subkey(owner).equals(subkey) ? Optional.of(owner) : Optional.empty();
        } catch (IllegalArgumentException e) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }
}
