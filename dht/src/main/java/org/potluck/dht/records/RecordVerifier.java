package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.network.PublicKey;

/**
 * Signs this peer's entries and judges everybody's.
 *
 * <p>Checking a signature takes a hundred times as long as hashing the record, and the same record
 * comes from five replicas, again and again. So the digests of records whose signature was good are
 * remembered, the most recently used first. Bad ones are not: they would let a liar flush the good.
 */
public final class RecordVerifier {
  /** Longest subkey that is accepted. */
  public static final int SUBKEY_BYTES_MAX = 512;

  private static final int REMEMBERED_MAX = 8192;

  private final int payloadBytesMax;
  private final Duration lifetimeMax;
  private final Map<ByteString, Boolean> good = new RecentlyUsed(REMEMBERED_MAX);

  /**
   * @param payloadBytesMax the largest payload of an entry
   * @param lifetimeMax how far ahead an expiration may lie
   */
  public RecordVerifier(int payloadBytesMax, Duration lifetimeMax) {
    this.payloadBytesMax = payloadBytesMax;
    this.lifetimeMax = lifetimeMax;
  }

  /** Signs {@code payload} as {@code identity}'s entry under {@code key}. */
  public DhtRecord sign(Identity identity, DhtId key, byte[] payload, Instant expiration) {
    DhtRecord record = OwnedEntry.sign(identity, key, payload, UnixSeconds.of(expiration));
    good.put(digest(record), true);
    return record;
  }

  /** The subkey under which {@code owner} writes. */
  public static ByteString subkey(PeerId owner) {
    return OwnedEntry.subkey(owner);
  }

  public Verdict judge(DhtRecord record, Instant now) {
    double lifetime = record.expiration() - UnixSeconds.of(now);
    if (record.subkey().isEmpty() || record.subkey().size() > SUBKEY_BYTES_MAX) {
      return refused("a subkey of " + record.subkey().size() + " bytes");
    }
    if (record.value().size() > payloadBytesMax + OwnedEntry.OVERHEAD_BYTES) {
      return refused("a value of " + record.value().size() + " bytes");
    }
    // Written so that NaN is refused, too.
    if (!(lifetime > 0 && lifetime <= lifetimeMax.toMillis() / 1e3)) {
      return refused("an expiration " + lifetime + " s from now");
    }
    return OwnedEntry.marked(record.subkey()) ? judgeOwned(record) : new Verdict.Unsigned();
  }

  private Verdict judgeOwned(DhtRecord record) {
    Optional<OwnedEntry> parsed = OwnedEntry.parse(record);
    if (parsed.isEmpty()) {
      return refused("an owner's entry that is not in the form of one");
    }
    OwnedEntry entry = parsed.get();
    if (entry.payload().size() > payloadBytesMax) {
      return refused("a payload of " + entry.payload().size() + " bytes");
    }
    ByteString digest = digest(record);
    if (good.get(digest) == null) {
      if (!verify(entry, record)) {
        return new Verdict.Refused("a signature that is not " + entry.owner() + "'s", true);
      }
      good.put(digest, true);
    }
    return new Verdict.Signed(entry.owner(), entry.payload().toByteArray());
  }

  private static boolean verify(OwnedEntry entry, DhtRecord record) {
    try {
      PublicKey key = PublicKey.of(entry.owner());
      return key.verify(entry.bytesToSign(record), entry.signature().toByteArray());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Of everything the signature covers and the signature itself. */
  private static ByteString digest(DhtRecord record) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(
          DhtRecord.bytesToSign(
              record.key(), record.subkey(), record.value(), record.expiration()));
      return ByteString.copyFrom(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static Verdict refused(String reason) {
    return new Verdict.Refused(reason, false);
  }

  private static final class RecentlyUsed extends LinkedHashMap<ByteString, Boolean> {
    private final int entriesMax;

    RecentlyUsed(int entriesMax) {
      super(16, 0.75f, true);
      this.entriesMax = entriesMax;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<ByteString, Boolean> eldest) {
      return size() > entriesMax;
    }
  }
}
