package org.potluck.dht.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.dht.records.DhtId;
import org.potluck.dht.records.DhtRecord;
import org.potluck.dht.records.MessagePackValues;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

class StorageTest {
  private static final DhtId KEY = DhtId.ofKey("key");
  private static final PeerId OWNER = Identity.generate(new SplittableRandom(1)).peerId();
  private static final PeerId BRINGER = Identity.generate(new SplittableRandom(3)).peerId();

  private final Storage storage = new Storage(StorageLimits.DEFAULTS);

  @Test
  void theLaterExpirationWins() {
    assertThat(storage.store(entry("a", "old", 10), null, BRINGER, 0)).isTrue();
    assertThat(storage.store(entry("a", "same", 10), null, BRINGER, 0)).isFalse();
    assertThat(storage.store(entry("a", "new", 11), null, BRINGER, 0)).isTrue();
    assertThat(storage.get(KEY, 0)).containsExactly(entry("a", "new", 11));
  }

  @Test
  void aRefusedOlderRecordDoesNotShortenTheLifeOfTheNewer() {
    storage.store(entry("a", "new", 60), null, BRINGER, 0);
    assertThat(storage.store(entry("a", "old", 1), null, BRINGER, 0)).isFalse();
    assertThat(storage.get(KEY, 59)).containsExactly(entry("a", "new", 60));
    assertThat(storage.get(KEY, 60)).isEmpty();
    assertThat(storage.size()).isZero();
    assertThat(storage.bytes()).isZero();
  }

  @Test
  void entriesExpireEachAtItsOwnTime() {
    storage.store(entry("a", "1", 10), null, BRINGER, 0);
    storage.store(entry("b", "2", 20), null, BRINGER, 0);
    assertThat(storage.get(KEY, 15)).containsExactly(entry("b", "2", 20));
    assertThat(storage.store(entry("c", "late", 15), null, BRINGER, 15)).isFalse();
  }

  @Test
  void dictionaryAndPlainValueDriveEachOtherOutByExpiration() {
    storage.store(plain("p", 10), null, BRINGER, 0);
    assertThat(storage.store(entry("a", "1", 9), null, BRINGER, 0)).isFalse();
    assertThat(storage.store(entry("a", "1", 11), null, BRINGER, 0)).isTrue();
    assertThat(storage.get(KEY, 0)).containsExactly(entry("a", "1", 11));
    assertThat(storage.store(plain("p", 11), null, BRINGER, 0)).isFalse();
    assertThat(storage.store(plain("p", 12), null, BRINGER, 0)).isTrue();
    assertThat(storage.get(KEY, 0)).containsExactly(plain("p", 12));
  }

  @Test
  void nobodysPlainValueDrivesOutSignedEntries() {
    storage.store(plain("p", 100), null, BRINGER, 0);
    assertThat(storage.store(entry("a", "signed", 10), OWNER, OWNER, 0)).isTrue();
    assertThat(storage.store(plain("p", 1000), null, BRINGER, 0)).isFalse();
    assertThat(storage.get(KEY, 0)).containsExactly(entry("a", "signed", 10));
  }

  @Test
  void givesUpUnsignedRecordsFirstThenThoseNearestToTheirEnd() {
    Storage small = new Storage(new StorageLimits(3, 1 << 20, 3, 1 << 20, 3));
    small.store(entry("a", "signed", 10), OWNER, OWNER, 0);
    small.store(entry("b", "", 20), null, BRINGER, 0);
    small.store(entry("c", "", 30), null, BRINGER, 0);
    assertThat(small.store(entry("d", "", 15), null, BRINGER, 0)).isFalse();
    assertThat(small.store(entry("e", "", 40), null, BRINGER, 0)).isTrue();
    assertThat(small.get(KEY, 0))
        .containsExactlyInAnyOrder(
            entry("a", "signed", 10), entry("c", "", 30), entry("e", "", 40));
  }

  @Test
  void boundsBytesAndTheRecordsOfOneOwner() {
    Storage small = new Storage(new StorageLimits(100, 2000, 100, 2000, 2));
    for (int i = 0; i < 50; i++) {
      small.store(entry("s" + i, "x".repeat(500), 10 + i), null, BRINGER, 0);
      assertThat(small.bytes()).isLessThanOrEqualTo(2000);
    }
    assertThat(small.store(entry("o1", "", 99), OWNER, OWNER, 0)).isTrue();
    assertThat(small.store(entry("o2", "", 99), OWNER, OWNER, 0)).isTrue();
    assertThat(small.store(entry("o3", "", 99), OWNER, OWNER, 0)).isFalse();
    assertThat(small.store(entry("o1", "", 100), OWNER, OWNER, 0)).isTrue();
  }

  @Test
  void countsStayTrueOverAnyHistory() {
    long seed = 7;
    SplittableRandom random = new SplittableRandom(seed);
    Storage small = new Storage(new StorageLimits(20, 1500, 8, 700, 6));
    List<PeerId> owners = List.of(OWNER, Identity.generate(new SplittableRandom(2)).peerId());
    for (int step = 0; step < 5000; step++) {
      double now = step / 50.0;
      DhtId key = DhtId.ofKey(random.nextInt(4));
      String name = "s" + random.nextInt(10);
      PeerId owner = name.hashCode() % 2 == 0 ? owners.get(name.hashCode() / 2 & 1) : null;
      DhtRecord record =
          random.nextInt(20) == 0
              ? new DhtRecord(key, DhtRecord.PLAIN, ByteString.EMPTY, now + 5)
              : new DhtRecord(
                  key,
                  packed(name),
                  ByteString.copyFrom(new byte[random.nextInt(60)]),
                  now + random.nextDouble(10));
      boolean plain = record.plain();
      small.store(record, plain ? null : owner, owner == null ? BRINGER : owner, now);
      long bytes = 0;
      int size = 0;
      for (DhtId held : small.keys(new DhtId(0, 0, 0), 0, now)) {
        List<DhtRecord> records = small.get(held, now);
        assertThat(records).as("seed %s step %s", seed, step).isNotEmpty();
        assertThat(records.stream().map(DhtRecord::plain).distinct()).hasSize(1);
        assertThat(records).hasSizeLessThanOrEqualTo(8);
        size += records.size();
        bytes += records.stream().mapToLong(DhtRecord::bytes).sum();
      }
      assertThat(small.size()).as("seed %s step %s", seed, step).isEqualTo(size);
      assertThat(small.bytes()).isEqualTo(bytes).isLessThanOrEqualTo(1500);
    }
  }

  private static DhtRecord entry(String subkey, String value, double expiration) {
    return new DhtRecord(KEY, packed(subkey), packed(value), expiration);
  }

  private static DhtRecord plain(String value, double expiration) {
    return new DhtRecord(KEY, DhtRecord.PLAIN, packed(value), expiration);
  }

  private static ByteString packed(String text) {
    return ByteString.copyFrom(MessagePackValues.encode(text));
  }
}
