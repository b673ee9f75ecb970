package org.potluck.dht.records;

import com.google.protobuf.ByteString;

/**
 * One value under one subkey of one key, valid until it expires; nothing about it is checked yet.
 *
 * @param subkey MessagePack of the subkey; {@link #PLAIN} when the key holds one plain value
 * @param value MessagePack of the value, with its owner's signature where it has an owner
 * @param expiration unix seconds
 */
public record DhtRecord(DhtId key, ByteString subkey, ByteString value, double expiration) {
  /** The subkey of a value that is no dictionary's entry: MessagePack's nil. */
  public static final ByteString PLAIN = ByteString.copyFrom(new byte[] {(byte) 0xc0});

  /** In a store request, stands for "the value is a whole dictionary". */
  public static final ByteString WHOLE_DICTIONARY = ByteString.EMPTY;

  public boolean plain() {
    return subkey.equals(PLAIN);
  }

  /** What it takes in memory, about. */
  public int bytes() {
    return DhtId.BYTES + subkey.size() + value.size() + 8;
  }

  /** What hivemind signs: the tuple of key id, subkey, unsigned value and expiration. */
  static byte[] bytesToSign(DhtId key, ByteString subkey, ByteString value, double expiration) {
    return MessagePackValues.encode(Tuple.of(key.toBytes(), subkey, value, expiration));
  }
}
