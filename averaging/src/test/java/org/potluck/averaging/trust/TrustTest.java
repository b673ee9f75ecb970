package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.Contribution;
import org.potluck.averaging.codec.Codec;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/** What becomes of a round that has ended, of three members; the first judges. */
class TrustTest {
  private static final Codec CODEC = Codecs.of(CodecId.NONE);
  private static final int MEMBERS = 3;
  private static final int VALUES = 64;
  private static final Instant START = Instant.ofEpochSecond(1_000_000);
  private static final List<PeerId> PEERS = peers();
  private static final PeerId OTHER = PEERS.get(1);
  private static final MemorySegment AVERAGE = MemorySegment.ofArray(new float[VALUES]);

  private final Random random = new Random(1);

  @Test
  void fromARoundThatWasAveragedOnAPeerComputesForTheNext() {
    Trust trust = new Trust(new SplittableRandom(1));
    trust.expect(64, 4);
    trust.said(OTHER, 1);
    trust.conclude(seen(trust, true), null, START);
    assertThat(trust.refusal(OTHER, 60, START)).as("of a round that failed").isEmpty();
    trust.conclude(seen(trust, false), AVERAGE, START);
    assertThat(trust.refusal(OTHER, 60, START)).as("of which nothing came").isEmpty();
    trust.conclude(seen(trust, true), AVERAGE, START);
    assertThat(trust.refusal(OTHER, 60, START)).isPresent();
    assertThat(trust.refusal(OTHER, 7, START)).isEmpty();
  }

  /** As a peer sees it that brings nothing, and so has no length of its own to go by. */
  @Test
  void whatMostLackIsNotTooLongForOneWhoBringsNothing() {
    Trust trust = new Trust(new SplittableRandom(1));
    float[] rare = new float[VALUES];
    rare[3] = 0.2f;
    float[] next = new float[VALUES];
    next[3] = 1e-6f;
    assertThat(lookedAt(trust, rare, next)).as("while nothing is known").containsOnlyKeys(1);
    float[] average = new float[VALUES];
    Arrays.fill(average, 0.1f);
    trust.conclude(bringsNothing(trust), MemorySegment.ofArray(average), START);
    assertThat(lookedAt(trust, rare, next)).isEmpty();
    rare[3] = 5;
    assertThat(lookedAt(trust, rare, next))
        .as("more than all others have elsewhere")
        .containsOnlyKeys(1);
  }

  /** What the first lets in, which has nothing of its own. */
  private static Screen bringsNothing(Trust trust) {
    return trust.screen(
        PEERS,
        List.of(0.0, 8.0, 8.0),
        0,
        new Contribution(AVERAGE, 0),
        Collections.nCopies(MEMBERS, CODEC),
        List.of(List.of(0), List.of(), List.of()),
        VALUES,
        START);
  }

  private static Map<Integer, String> lookedAt(Trust trust, float[]... brought) {
    Screen screen = bringsNothing(trust);
    @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[MEMBERS];
    for (int member = 1; member < MEMBERS; member++) {
      ByteBuffer encoded = ByteBuffer.allocate(CODEC.encodedBytes(VALUES));
      CODEC.encode(MemorySegment.ofArray(brought[member - 1]), 0, VALUES, encoded);
      received[member] = encoded.flip();
    }
    return screen.look(0, new Inspector.Chunk(received, 0, AVERAGE, 0, VALUES)).refused();
  }

  @Test
  void aRoundInWhichNothingWasSeenOfAPeerClearsItOfNothing() {
    Trust trust = new Trust(new SplittableRandom(1));
    trust.hold(OTHER, Misdeed.FALSE_LEAD, "leads nowhere", START);
    trust.conclude(seen(trust, false), AVERAGE, START);
    assertThat(trust.verdicts(START).getFirst().score()).isCloseTo(0.8, within(1e-9));
    trust.conclude(seen(trust, true), AVERAGE, START);
    assertThat(trust.verdicts(START).getFirst().score()).isCloseTo(0.85, within(1e-9));
  }

  @Test
  void ofARoundThatFailedNobodyIsAudited() {
    Trust trust = new Trust(new SplittableRandom(1));
    trust.audits(MEMBERS);
    assertThat(trust.reviews()).isTrue();
    trust.conclude(seen(trust, true), null, START);
    assertThat(trust.takeAudit()).isEmpty();
    trust.conclude(seen(trust, true), AVERAGE, START);
    Audit audit = trust.takeAudit().orElseThrow();
    trust.audited(audit, 0.95, START);
    assertThat(trust.verdicts(START)).isEmpty();
    trust.audited(audit, 0.25, START);
    Verdict verdict = trust.verdicts(START).getFirst();
    assertThat(verdict.peer()).isEqualTo(audit.peer());
    assertThat(verdict.reason())
        .isEqualTo("its contribution is not that of the 8 samples it claims (cosine 0.25)");
    assertThat(verdict.banned()).isFalse();
  }

  @Test
  void whoDoesNotJudgeLetsEverybodyIn() {
    Trust off = Trust.off();
    off.audits(MEMBERS);
    off.hold(OTHER, Misdeed.FAILED_AUDIT, "has not worked", START);
    off.hold(OTHER, Misdeed.FAILED_AUDIT, "has not worked", START);
    Verdict ban = new Verdict(OTHER, 0, true, START.plusSeconds(600), "noise");
    off.hear(PEERS.getFirst(), List.of(new Opinions.Voter(PEERS.get(2), List.of(ban))), START);
    assertThat(off.ban(OTHER, START)).isEmpty();
    assertThat(off.bannedByMost(OTHER)).isFalse();
    assertThat(off.refusal(OTHER, 1e9, START)).isEmpty();
    assertThat(off.drawReview(List.of(List.of(1), List.of(2), List.of(3)))).isEmpty();
    off.hold(PEERS.get(2), Misdeed.FALSE_LEAD, "leads nowhere", START);
    Screen screen = seen(off, true);
    assertThat(screen.barred(1)).isEmpty();
    off.conclude(screen, AVERAGE, START);
    assertThat(off.takeAudit()).isEmpty();
    assertThat(off.verdicts(START))
        .extracting(Verdict::score)
        .as("nothing is changed by rounds")
        .containsExactly(0.0, 0.8);
  }

  /** A round in which this peer has averaged one chunk, with or without the other's part. */
  private Screen seen(Trust trust, boolean came) {
    float[] own = noise();
    MemorySegment vector = MemorySegment.ofArray(own);
    Screen screen =
        trust.screen(
            PEERS,
            Collections.nCopies(MEMBERS, 8.0),
            0,
            new Contribution(vector, 8),
            Collections.nCopies(MEMBERS, CODEC),
            List.of(List.of(0), List.of(), List.of()),
            VALUES,
            START);
    @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[MEMBERS];
    for (int member = 1; member < MEMBERS; member++) {
      if (member > 1 || came) {
        ByteBuffer encoded = ByteBuffer.allocate(CODEC.encodedBytes(VALUES));
        CODEC.encode(MemorySegment.ofArray(noise()), 0, VALUES, encoded);
        received[member] = encoded.flip();
      }
    }
    screen.note(screen.look(0, new Inspector.Chunk(received, 0, vector, 0, VALUES)));
    return screen;
  }

  private float[] noise() {
    float[] values = new float[VALUES];
    for (int i = 0; i < VALUES; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static List<PeerId> peers() {
    SplittableRandom random = new SplittableRandom(1);
    List<PeerId> peers = new ArrayList<>();
    IntStream.range(0, MEMBERS).forEach(_ -> peers.add(Identity.generate(random).peerId()));
    return peers;
  }
}
