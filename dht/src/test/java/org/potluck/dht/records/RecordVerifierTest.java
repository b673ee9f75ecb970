package org.potluck.dht.records;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.potluck.network.Identity;

class RecordVerifierTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final DhtId KEY = DhtId.ofKey("run_progress");

  private final Identity alice = Identity.generate(new SplittableRandom(1));
  private final Identity mallory = Identity.generate(new SplittableRandom(2));
  private final RecordVerifier verifier = new RecordVerifier(16 * 1024, Duration.ofHours(24));

  @Test
  void acceptsWhatTheOwnerSignedAtAnySize() {
    for (int size : new int[] {0, 1, 31, 255, 256, 300, 16 * 1024}) {
      byte[] payload = new byte[size];
      Arrays.fill(payload, (byte) 7);
      DhtRecord record = signed(alice, payload);
      Verdict verdict = fresh().judge(record, NOW);
      assertThat(verdict).isInstanceOf(Verdict.Signed.class);
      Verdict.Signed signed = (Verdict.Signed) verdict;
      assertThat(signed.owner()).isEqualTo(alice.peerId());
      assertThat(signed.payload()).isEqualTo(payload);
    }
  }

  @Test
  void refusesAnyChangeOfWhatIsSigned() {
    DhtRecord good = signed(alice, "epoch 3".getBytes(StandardCharsets.UTF_8));
    ByteString subkeyOfMallory = RecordVerifier.subkey(mallory.peerId());
    assertRefused(new DhtRecord(DhtId.ofKey("x"), good.subkey(), good.value(), good.expiration()));
    assertRefused(new DhtRecord(KEY, subkeyOfMallory, good.value(), good.expiration()));
    assertRefused(new DhtRecord(KEY, good.subkey(), good.value(), good.expiration() + 1));
    for (int at = 0; at < good.value().size(); at++) {
      byte[] changed = good.value().toByteArray();
      changed[at] ^= 1;
      assertRefused(
          new DhtRecord(KEY, good.subkey(), ByteString.copyFrom(changed), good.expiration()));
    }
  }

  @Test
  void refusesAnUnsignedValueUnderAMarkerWhereverItStands() {
    ByteString marker = RecordVerifier.subkey(alice.peerId());
    ByteString wrapped =
        ByteString.copyFrom(
            MessagePackValues.encode("x" + marker.substring(2).toStringUtf8() + "y"));
    ByteString value = ByteString.copyFrom(MessagePackValues.encode(true));
    double expiration = UnixSeconds.of(NOW.plusSeconds(60));
    assertRefused(new DhtRecord(KEY, marker, value, expiration));
    assertRefused(new DhtRecord(KEY, wrapped, value, expiration));
  }

  @Test
  void acceptsPlainRecordsWithinBoundsOnly() {
    ByteString subkey = ByteString.copyFrom(MessagePackValues.encode("bob"));
    ByteString value = ByteString.copyFrom(MessagePackValues.encode(true));
    double soon = UnixSeconds.of(NOW.plusSeconds(60));
    assertThat(verifier.judge(new DhtRecord(KEY, subkey, value, soon), NOW))
        .isEqualTo(new Verdict.Unsigned());
    for (double expiration :
        new double[] {
          Double.NaN,
          Double.POSITIVE_INFINITY,
          UnixSeconds.of(NOW),
          UnixSeconds.of(NOW.plus(Duration.ofHours(25)))
        }) {
      assertRefused(new DhtRecord(KEY, subkey, value, expiration));
    }
    assertRefused(new DhtRecord(KEY, subkey, ByteString.copyFrom(new byte[20_000]), soon));
    assertRefused(new DhtRecord(KEY, ByteString.copyFrom(new byte[513]), value, soon));
  }

  private DhtRecord signed(Identity owner, byte[] payload) {
    return verifier.sign(owner, KEY, payload, NOW.plusSeconds(60));
  }

  private static RecordVerifier fresh() {
    return new RecordVerifier(16 * 1024, Duration.ofHours(24));
  }

  private void assertRefused(DhtRecord record) {
    assertThat(verifier.judge(record, NOW)).isInstanceOf(Verdict.Refused.class);
  }
}
