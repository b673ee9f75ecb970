package org.potluck.dht.records;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Records signed as hivemind does: its markers, its tuple, its salt. */
class RsaRecordTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = NOW.plusSeconds(60);
  private static final DhtId KEY = DhtId.ofKey("my_run_progress");
  private static final ByteString VALUE = packed(Map.of("epoch", 3));

  private static KeyPair keys;
  private static RsaSigner signer;

  private final RecordVerifier verifier = new RecordVerifier(16 << 10, Duration.ofHours(1));

  @BeforeAll
  static void makeKeys() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    keys = generator.generateKeyPair();
    signer = new RsaSigner(keys, new SecureRandom());
  }

  @Test
  void markerAndSignatureHaveHivemindsSizes() {
    String marker = new String(signer.marker(), StandardCharsets.US_ASCII);
    assertThat(marker).startsWith("[owner:ssh-rsa AAAAB3NzaC1yc2E").endsWith("]");
    assertThat("[owner:".length() + 380).as("OpenSSH's text of 2048 bits").isEqualTo(387);
    assertThat(marker).hasSize(387 + 1);
    DhtRecord record = signer.sign(KEY, VALUE, LATER);
    String value = record.value().toString(StandardCharsets.ISO_8859_1);
    assertThat(value.substring(VALUE.size())).startsWith("[signature:").endsWith("]");
    assertThat(value.length() - VALUE.size()).isEqualTo("[signature:]".length() + 344);
  }

  @Test
  void whatWasSignedIsBelievedAndGivenBackWithoutTheSignature() {
    DhtRecord record = signer.sign(KEY, VALUE, LATER);
    assertThat(verifier.judge(record, NOW)).isEqualTo(new Verdict.RsaSigned(signer.owner(), VALUE));
    assertThat(signer.owner().toString()).startsWith("Qm");
  }

  @Test
  void theSaltOf32BytesIsAcceptedAsInHivemind() throws Exception {
    ByteString subkey = packed(signer.marker());
    double expiration = UnixSeconds.of(LATER);
    Signature pss = Signature.getInstance("RSASSA-PSS");
    pss.setParameter(RsaEntry.pss(32));
    pss.initSign(keys.getPrivate());
    pss.update(DhtRecord.bytesToSign(KEY, subkey, VALUE, expiration));
    ByteString value = VALUE.concat(RsaEntry.appendix(pss.sign()));
    assertThat(verifier.judge(new DhtRecord(KEY, subkey, value, expiration), NOW))
        .isInstanceOf(Verdict.RsaSigned.class);
    assertThat(RsaEntry.saltBytesMax((RSAPublicKey) keys.getPublic())).isEqualTo(222);
  }

  @Test
  void nothingThatWasChangedIsBelieved() {
    DhtRecord good = signer.sign(KEY, VALUE, LATER);
    DhtId otherKey = DhtId.ofKey("other");
    ByteString otherValue = packed(Map.of("epoch", 4)).concat(good.value().substring(VALUE.size()));
    RsaSigner mallory = RsaSigner.generate(new SecureRandom());
    ByteString stolen = packed(mallory.marker());
    for (DhtRecord forged :
        new DhtRecord[] {
          new DhtRecord(otherKey, good.subkey(), good.value(), good.expiration()),
          new DhtRecord(KEY, stolen, good.value(), good.expiration()),
          new DhtRecord(KEY, good.subkey(), otherValue, good.expiration()),
          new DhtRecord(KEY, good.subkey(), good.value(), good.expiration() + 1),
        }) {
      assertThat(verifier.judge(forged, NOW))
          .isInstanceOfSatisfying(
              Verdict.Refused.class, refused -> assertThat(refused.forged()).isTrue());
    }
  }

  @Test
  void formsThatHivemindRefusesAreRefused() {
    DhtRecord good = signer.sign(KEY, VALUE, LATER);
    ByteString twice = good.value().concat(good.value().substring(VALUE.size()));
    ByteString twoOwners =
        packed(
            ByteString.copyFrom(signer.marker())
                .concat(ByteString.copyFrom(signer.marker()))
                .toByteArray());
    ByteString noKey = packed("[owner:ssh-rsa AAAA]".getBytes(StandardCharsets.US_ASCII));
    for (DhtRecord bad :
        new DhtRecord[] {
          new DhtRecord(KEY, good.subkey(), VALUE, good.expiration()),
          new DhtRecord(KEY, good.subkey(), twice, good.expiration()),
          new DhtRecord(KEY, twoOwners, good.value(), good.expiration()),
          new DhtRecord(KEY, noKey, good.value(), good.expiration()),
        }) {
      assertThat(verifier.judge(bad, NOW)).isInstanceOf(Verdict.Refused.class);
    }
  }

  @Test
  void theSchemaOfAKeyIsCheckedWithoutConversion() {
    verifier.require(KEY, FieldSchema.hivemindProgress());
    Map<String, Object> progress = new LinkedHashMap<>();
    progress.put("peer_id", new byte[] {1, 2});
    progress.put("epoch", 3);
    progress.put("samples_accumulated", 100);
    progress.put("samples_per_second", 1.5);
    progress.put("time", 1625504352.25);
    progress.put("client_mode", false);
    assertThat(verifier.judge(signer.sign(KEY, packed(progress), LATER), NOW))
        .isInstanceOf(Verdict.RsaSigned.class);
    progress.put("samples_per_second", 1);
    assertThat(verifier.judge(signer.sign(KEY, packed(progress), LATER), NOW))
        .isInstanceOf(Verdict.Refused.class);
    progress.put("samples_per_second", 1.5);
    progress.put("more", 1);
    assertThat(verifier.judge(signer.sign(KEY, packed(progress), LATER), NOW))
        .isInstanceOf(Verdict.Refused.class);
    assertThat(verifier.judge(signer.sign(DhtId.ofKey("free"), VALUE, LATER), NOW))
        .isInstanceOf(Verdict.RsaSigned.class);
  }

  private static ByteString packed(Object value) {
    return ByteString.copyFrom(MessagePackValues.encode(value));
  }
}
