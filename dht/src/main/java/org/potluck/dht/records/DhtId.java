package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import org.potluck.network.PeerId;

/**
 * A point in the space of 160 bits in which nodes and keys meet; near means a small XOR.
 *
 * @param high bits 0 to 63, the most significant
 * @param middle bits 64 to 127
 * @param low bits 128 to 159
 */
public record DhtId(long high, long middle, int low) implements Comparable<DhtId> {
  public static final int BYTES = 20;
  public static final int BITS = 160;

  /**
   * @throws IllegalArgumentException unless there are 20 bytes
   */
  public static DhtId ofBytes(ByteString bytes) {
    if (bytes.size() != BYTES) {
      throw new IllegalArgumentException("a DHT id has 20 bytes, not " + bytes.size());
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    return new DhtId(buffer.getLong(), buffer.getLong(), buffer.getInt());
  }

  /** The id of a key as hivemind computes it: SHA-1 of its MessagePack form. */
  public static DhtId ofKey(Object key) {
    return key instanceof byte[] raw ? hash(raw) : hash(MessagePackValues.encode(key));
  }

  /**
   * Where {@code peer}'s node stands. hivemind's nodes choose at random; ours are bound to their
   * identity, so that a restart changes nothing and a place near a key has to be mined.
   */
  public static DhtId ofPeer(PeerId peer) {
    return hash(peer.toBytes());
  }

  /** SHA-1 of {@code bytes}. */
  public static DhtId hash(byte[] bytes) {
    try {
      return ofBytes(ByteString.copyFrom(MessageDigest.getInstance("SHA-1").digest(bytes)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }

  public ByteString toBytes() {
    ByteBuffer buffer = ByteBuffer.allocate(BYTES).putLong(high).putLong(middle).putInt(low);
    return ByteString.copyFrom(buffer.flip());
  }

  public DhtId xor(DhtId other) {
    return new DhtId(high ^ other.high, middle ^ other.middle, low ^ other.low);
  }

  /** The bit at {@code index}, 0 being the most significant. */
  public boolean bit(int index) {
    if (index < 64) {
      return (high >>> (63 - index) & 1) != 0;
    }
    return index < 128 ? (middle >>> (127 - index) & 1) != 0 : (low >>> (159 - index) & 1) != 0;
  }

  /** This id with the bit at {@code index} turned over. */
  public DhtId flip(int index) {
    if (index < 64) {
      return new DhtId(high ^ 1L << (63 - index), middle, low);
    }
    return index < 128
        ? new DhtId(high, middle ^ 1L << (127 - index), low)
        : new DhtId(high, middle, low ^ 1 << (159 - index));
  }

  /** How many leading bits this id and {@code other} share. */
  public int sharedBits(DhtId other) {
    DhtId difference = xor(other);
    if (difference.high != 0) {
      return Long.numberOfLeadingZeros(difference.high);
    }
    return difference.middle != 0
        ? 64 + Long.numberOfLeadingZeros(difference.middle)
        : 128 + Integer.numberOfLeadingZeros(difference.low);
  }

  /** The first {@code bits} of this id, then those of {@code rest}. */
  public DhtId prefix(int bits, DhtId rest) {
    long highMask = bits >= 64 ? -1L : bits <= 0 ? 0 : -1L << (64 - bits);
    long middleMask = bits >= 128 ? -1L : bits <= 64 ? 0 : -1L << (128 - bits);
    int lowMask = bits >= 160 ? -1 : bits <= 128 ? 0 : -1 << (160 - bits);
    return new DhtId(
        (high & highMask) | (rest.high & ~highMask),
        (middle & middleMask) | (rest.middle & ~middleMask),
        (low & lowMask) | (rest.low & ~lowMask));
  }

  /** Orders ids by their distance to this one, nearest first. */
  public Comparator<DhtId> nearestFirst() {
    return (a, b) -> compareDistances(a, b);
  }

  /** Negative when {@code a} is nearer to this id than {@code b} is. */
  public int compareDistances(DhtId a, DhtId b) {
    int order = Long.compareUnsigned(high ^ a.high, high ^ b.high);
    if (order == 0) {
      order = Long.compareUnsigned(middle ^ a.middle, middle ^ b.middle);
    }
    return order == 0 ? Integer.compareUnsigned(low ^ a.low, low ^ b.low) : order;
  }

  @Override
  public int compareTo(DhtId other) {
    int order = Long.compareUnsigned(high, other.high);
    if (order == 0) {
      order = Long.compareUnsigned(middle, other.middle);
    }
    return order == 0 ? Integer.compareUnsigned(low, other.low) : order;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DhtId that
        && high == that.high
        && middle == that.middle
        && low == that.low;
  }

  /** Written out, as ids are looked up in maps all the time. */
  @Override
  public int hashCode() {
    return 31 * (31 * Long.hashCode(high) + Long.hashCode(middle)) + low;
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(toBytes().toByteArray());
  }
}
