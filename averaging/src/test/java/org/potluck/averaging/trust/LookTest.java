package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.BitSet;
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

/** What one look at a chunk lets in and finds, of seven members; the first looks. */
class LookTest {
  private static final Codec CODEC = Codecs.of(CodecId.NONE);
  private static final int MEMBERS = 7;
  private static final int VALUES = 512;
  private static final Instant START = Instant.ofEpochSecond(1_000_000);
  private static final List<PeerId> PEERS = peers();

  private final float[][] brought = new float[MEMBERS][];
  private final @Nullable ByteBuffer[] received = new @Nullable ByteBuffer[MEMBERS];
  private final double[] weights = new double[MEMBERS];
  private Admission admission = Admission.OPEN;
  private Closer closer = new Closer(_ -> true, _ -> true, -1, _ -> true);

  LookTest() {
    Random random = new Random(1);
    float[] common = noise(random);
    for (int member = 0; member < MEMBERS; member++) {
      float[] own = noise(random);
      for (int i = 0; i < VALUES; i++) {
        own[i] += common[i];
      }
      bring(member, own);
    }
    Arrays.fill(weights, 8);
  }

  @Test
  void whoIsBarredIsNotLookedAtAndWhoIsWithheldIs() {
    admission =
        new Admission(
            Map.of(1, new Charge(Misdeed.BANNED, 1, "is banned")), Map.of(2, "is doubted"));
    Screen screen = screen();
    Screen.Finding finding = look(screen);
    screen.note(finding);
    assertThat(screen.charges(1)).containsExactly(new Charge(Misdeed.BANNED, 1, "is banned"));
    assertThat(screen.charges(2)).isEmpty();
    assertThat(finding.refused()).isEqualTo(Map.of(1, "is banned", 2, "is doubted"));
    assertThat(finding.seen()).isEqualTo(members(0, 2, 3, 4, 5, 6));
    double[] present = present(finding);
    assertThat(present[1]).isNaN();
    assertThat(present[2]).isBetween(0.3, 1.0);
    assertThat(finding.refuses(1)).isTrue();
    assertThat(finding.refuses(3)).isFalse();
    assertThat(finding.taken(received)[2]).isNull();
    assertThat(finding.taken(received)[3]).isNotNull();
  }

  /** Neither the others' directions nor the usual length are moved by it. */
  @Test
  void whatIsWithheldCountsForNothing() {
    bring(2, times(brought[3], -5));
    admission = new Admission(Map.of(), Map.of(2, "is doubted"));
    Screen.Finding with = look(screen());
    received[2] = null;
    Screen.Finding without = look(screen());
    assertThat(present(with)[4]).isEqualTo(present(without)[4]);
    assertThat(with.accepted()).isEqualTo(without.accepted());
    assertThat(without.refused()).isEmpty();
  }

  @Test
  void whoBringsNothingByThePlanIsNotLookedAt() {
    weights[2] = 0;
    Screen.Finding finding = look(screen());
    assertThat(finding.seen().get(2)).isFalse();
    assertThat(finding.refused()).isEmpty();
  }

  @Test
  void whatIsTooLongIsLeftOutAndOnlyTheAbsurdIsHeldAgainstAnybody() {
    bring(2, times(brought[2], 20));
    bring(3, times(brought[3], 100));
    Screen screen = screen();
    Screen.Finding finding = look(screen);
    assertThat(finding.refused()).containsOnlyKeys(2, 3);
    assertThat(finding.charges()).containsOnlyKeys(3);
    screen.note(finding);
    assertThat(screen.charges(2)).isEmpty();
    assertThat(screen.charges(3)).hasSize(1);
    assertThat(screen.charges(3).getFirst().share()).isEqualTo(1);
  }

  @Test
  void aChargeIsOfThePartOfTheChunksThatItConcerns() {
    Screen screen = screen();
    float[] usual = brought[3];
    for (int chunk = 0; chunk < 4; chunk++) {
      bring(3, chunk == 1 ? times(usual, 100) : usual);
      screen.note(look(screen));
    }
    assertThat(screen.charges(3).getFirst().share()).isEqualTo(0.25);
  }

  @Test
  void threeAreNotCompared() {
    for (int member = 4; member < MEMBERS; member++) {
      received[member] = null;
    }
    assertThat(look(screen()).agreements()).isNotNull();
    received[3] = null;
    assertThat(look(screen()).agreements()).isNull();
  }

  @Test
  void whatIsAuditedIsKeptUnlessItIsLeftOutOrChargedAnyway() {
    closer = new Closer(_ -> false, _ -> false, 2, _ -> true);
    Screen screen = screen();
    screen.note(look(screen));
    Audit audit = screen.audit().orElseThrow();
    assertThat(audit.peer()).isEqualTo(PEERS.get(2));
    assertThat(audit.samples()).isEqualTo(8);
    assertThat(audit.excerpts().getFirst().contribution()).isEqualTo(brought[2]);
    bring(2, times(brought[2], 100));
    screen.note(look(screen));
    assertThat(look(screen).excerpt()).isNull();
    assertThat(screen.audit()).as("charged").isEmpty();
  }

  @Test
  void whoBroughtNothingDoesNotListen() {
    MemorySegment vector = MemorySegment.ofArray(brought[0]);
    assertThat(screen().listen(0, 1, vector, vector, 0, VALUES)).isNotNull();
    closer = Closer.NOT;
    assertThat(screen().listen(0, 1, vector, vector, 0, VALUES)).isNull();
    closer = new Closer(_ -> true, _ -> true, -1, _ -> true);
    weights[0] = 0;
    assertThat(screen().listen(0, 1, vector, vector, 0, VALUES)).isNull();
    Screen screen = screen();
    screen.note(look(screen));
    assertThat(screen.sightings().direction().ratio(3)).as("nor accuse anybody").isEmpty();
  }

  @Test
  void twoThousandPlacesOfTheVectorAreRememberedAndAQuarterOfThemOfOnePeer() {
    Screen screen = screen(4 * 2048L);
    Screen.Finding finding = look(screen);
    assertThat(finding.places()).hasSize(VALUES / 4);
    assertThat(finding.probes()[3]).hasSize(VALUES / 4);
    for (int chunk = 0; chunk < 8; chunk++) {
      screen.note(look(screen, chunk * VALUES));
    }
    assertThat(screen.sightings().probes(3).places()).hasSize(512);
    assertThat(screen.sightings().probes(3).places()[511]).isEqualTo(511);
  }

  @Test
  void longChunksCountForMore() {
    Sightings seen = new Sightings(new double[] {8, 8, 8, 8}, 0, Inspector.Earlier.NONE);
    seen.add(agreeing(300, 0.8, 0));
    seen.add(agreeing(100, 0.4, 1));
    // The last one's is 0.7 in the mean, the others' 0.8.
    assertThat(seen.direction().ratio(3).orElseThrow()).isCloseTo(0.7 / 0.8, within(1e-9));
  }

  @Test
  void whatIsOnesOwnIsToldInTheOrderOfTheVector() {
    Sightings seen = new Sightings(new double[] {8, 8, 8, 8}, 0, Inspector.Earlier.NONE);
    seen.add(agreeing(100, 0.8, 7));
    seen.add(agreeing(100, 0.8, 3));
    assertThat(seen.leaning(2)).extracting(Leanings.Piece::first).containsExactly(3, 7);
  }

  /** What others bring is judged by what this peer brings itself, if that is anything. */
  @Test
  void whoBringsNothingKnowsNoUsualLength() {
    for (double weight : new double[] {0, 8}) {
      float[] own = new float[VALUES];
      Arrays.fill(own, 100);
      List<Double> plan = IntStream.range(0, MEMBERS).mapToObj(i -> i == 0 ? weight : 8).toList();
      bring(6, times(brought[6], 20));
      Screen screen =
          new Trust(new SplittableRandom(1))
              .screen(
                  PEERS,
                  plan,
                  0,
                  new Contribution(MemorySegment.ofArray(own), weight),
                  Collections.nCopies(MEMBERS, CODEC),
                  Collections.nCopies(MEMBERS, List.of(0)),
                  VALUES,
                  START);
      received[0] = null;
      Screen.Finding finding =
          screen.look(0, new Inspector.Chunk(received, -1, MemorySegment.NULL, 0, VALUES));
      bring(6, times(brought[6], 0.05f));
      assertThat(finding.refuses(6)).as("weight %s", weight).isEqualTo(weight == 0);
    }
  }

  private Screen screen() {
    return screen(VALUES);
  }

  private Screen screen(long length) {
    double[] usual = new double[64];
    Arrays.fill(usual, Double.NaN);
    return new Screen(
        PEERS,
        weights.clone(),
        0,
        length,
        new Inspector(Collections.nCopies(MEMBERS, CODEC), VALUES),
        new NormGate(weights.clone(), length, usual, 0, true),
        admission,
        closer,
        Inspector.Earlier.NONE);
  }

  private Screen.Finding look(Screen screen) {
    return look(screen, 0);
  }

  /** As if a chunk of the vector from there on had come, with the same values. */
  private Screen.Finding look(Screen screen, int from) {
    return screen.look(0, new Inspector.Chunk(received, -1, MemorySegment.NULL, from, VALUES));
  }

  private static double[] present(Screen.Finding finding) {
    Inspector.Agreements agreements = finding.agreements();
    return agreements == null ? new double[0] : agreements.present();
  }

  /** All agree with the others by 0.8, and the last by what is given. */
  private static Screen.Finding agreeing(int values, double last, int first) {
    double[] present = {0.8, 0.8, 0.8, last};
    float[][] own = new float[4][2];
    double[][] none = new double[4][4];
    return new Screen.Finding(
        Map.of(),
        Map.of(),
        members(0, 1, 2, 3),
        new Inspector.Agreements(present, present, new double[4][0], none, own, first, 2),
        values,
        0,
        new int[0],
        new float[4][0],
        1,
        null);
  }

  private static BitSet members(int... members) {
    BitSet set = new BitSet();
    IntStream.of(members).forEach(set::set);
    return set;
  }

  private void bring(int member, float[] values) {
    brought[member] = values;
    ByteBuffer encoded = ByteBuffer.allocate(CODEC.encodedBytes(VALUES));
    CODEC.encode(MemorySegment.ofArray(values), 0, VALUES, encoded);
    received[member] = encoded.flip();
  }

  private static float[] times(float[] values, float factor) {
    float[] product = values.clone();
    for (int i = 0; i < product.length; i++) {
      product[i] *= factor;
    }
    return product;
  }

  private static float[] noise(Random random) {
    float[] values = new float[VALUES];
    for (int i = 0; i < VALUES; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static List<PeerId> peers() {
    SplittableRandom random = new SplittableRandom(1);
    return IntStream.range(0, MEMBERS).mapToObj(i -> Identity.generate(random).peerId()).toList();
  }
}
