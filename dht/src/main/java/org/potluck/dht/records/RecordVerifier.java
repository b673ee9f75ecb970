package org.potluck.dht.records;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;
import org.potluck.network.PublicKey;
import org.potluck.network.Sha256;

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
  private final Map<DhtId, Schema> schemas = new LinkedHashMap<>();

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

  /** From now on, what stands under {@code key} must satisfy {@code schema}. */
  public void require(DhtId key, Schema schema) {
    schemas.put(key, schema);
  }

  /** Bounds first, then the signature where there is an owner, then the schema of the key. */
  public Verdict judge(DhtRecord record, Instant now) {
    double lifetime = record.expiration() - UnixSeconds.of(now);
    if (record.subkey().isEmpty() || record.subkey().size() > SUBKEY_BYTES_MAX) {
      return refused("a subkey of " + record.subkey().size() + " bytes");
    }
    if (record.value().size() > payloadBytesMax + RsaEntry.OVERHEAD_BYTES) {
      return refused("a value of " + record.value().size() + " bytes");
    }
    // Written so that NaN is refused, too.
    if (!(lifetime > 0 && lifetime <= lifetimeMax.toMillis() / 1e3)) {
      return refused("an expiration " + lifetime + " s from now");
    }
    boolean ours = OwnedEntry.marked(record.subkey());
    boolean hivemind = RsaEntry.marked(record.subkey());
    if (ours && hivemind) {
      return refused("two owners of one entry");
    }
    Verdict verdict =
        ours ? judgeOwned(record) : hivemind ? judgeRsa(record) : new Verdict.Unsigned();
    return conforms(record, verdict)
        ? verdict
        : refused("not what this run keeps under key " + record.key());
  }

  private boolean conforms(DhtRecord record, Verdict verdict) {
    Schema schema = schemas.get(record.key());
    if (schema == null) {
      return true;
    }
    return switch (verdict) {
      case Verdict.Signed(_, byte[] payload) ->
          schema.accepts(record.subkey(), ByteString.copyFrom(payload));
      case Verdict.RsaSigned(_, ByteString value) -> schema.accepts(record.subkey(), value);
      case Verdict.Unsigned _ -> schema.accepts(record.subkey(), record.value());
      case Verdict.Refused _ -> true;
    };
  }

  private Verdict judgeRsa(DhtRecord record) {
    Optional<RsaEntry> parsed = RsaEntry.parse(record);
    if (parsed.isEmpty()) {
      return refused("an entry with an RSA owner that is not in hivemind's form");
    }
    RsaEntry entry = parsed.get();
    if (entry.value().size() > payloadBytesMax) {
      return refused("a value of " + entry.value().size() + " bytes");
    }
    ByteString digest = digest(record);
    if (good.get(digest) == null) {
      if (!entry.signs(record)) {
        return new Verdict.Refused("a signature that is not its owner's", true);
      }
      good.put(digest, true);
    }
    return new Verdict.RsaSigned(entry.owner(), entry.value());
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
    return ByteString.copyFrom(
        Sha256.of(
            DhtRecord.bytesToSign(
                record.key(), record.subkey(), record.value(), record.expiration())));
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
