package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.reduce.Inspector.Excerpt;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/** Who is audited how often, and what an audit shows. */
class AuditsTest {
  private static final int ROUNDS = 40_000;
  private static final List<Double> EQUAL = Collections.nCopies(8, 4.0);

  @Test
  void soManyOfAGroupAreAuditedOnAverageAndAllAlike() {
    int[] drawn = drawMembers(2, EQUAL, Admission.OPEN);
    assertThat(drawn[3]).as("this peer").isZero();
    for (int member = 0; member < 8; member++) {
      if (member != 3) {
        assertThat(drawn[member]).isCloseTo(ROUNDS * 2 / 8 / 7, within(150));
      }
    }
  }

  @Test
  void whoBringsNothingOrIsBarredIsNotAudited() {
    List<Double> weights = List.of(4.0, 0.0, 4.0, 4.0);
    Charge charge = new Charge(Misdeed.BANNED, 1, "is banned");
    int[] drawn = drawMembers(4, weights, new Admission(Map.of(2, charge), Map.of()));
    assertThat(drawn).containsExactly(ROUNDS, 0, 0, 0);
    int[] alone = drawMembers(4, List.of(0.0, 0.0, 0.0, 4.0), Admission.OPEN);
    assertThat(alone).containsExactly(0, 0, 0, 0);
  }

  /** It may have no text; those who have it make up for it. */
  @Test
  void whoBringsNothingAuditsNobody() {
    int[] drawn = drawMembers(4, List.of(4.0, 4.0, 4.0, 0.0), Admission.OPEN);
    assertThat(IntStream.of(drawn).sum()).isZero();
    drawn = drawMembers(1, List.of(0.0, 0.0, 4.0, 4.0), Admission.OPEN);
    assertThat(drawn[2]).as("one of two").isCloseTo(ROUNDS / 2, within(400));
  }

  @Test
  void noneAreHeldUnlessTheRunSaysSo() {
    Audits audits = new Audits(new SplittableRandom(1));
    assertThat(audits.held()).isFalse();
    for (int round = 0; round < 100; round++) {
      assertThat(audits.drawMember(EQUAL, 3, Admission.OPEN)).isEqualTo(-1);
      assertThat(audits.drawReview(List.of(List.of(1), List.of(2)))).isEmpty();
    }
  }

  private static int[] drawMembers(double perGroup, List<Double> weights, Admission admission) {
    Audits audits = new Audits(new SplittableRandom(1));
    audits.hold(perGroup);
    int[] drawn = new int[weights.size()];
    for (int round = 0; round < ROUNDS; round++) {
      int member = audits.drawMember(weights, 3, admission);
      if (member >= 0) {
        drawn[member]++;
      }
    }
    return drawn;
  }

  /** Whoever has few chunks is reviewed as often as others. */
  @Test
  void reviewsAreDrawnByReducerAndThenByChunk() {
    Audits audits = new Audits(new SplittableRandom(1));
    audits.hold(1);
    List<List<Integer>> chunks = List.of(List.of(), List.of(1), List.of(), List.of(2, 3));
    int[] drawn = new int[4];
    for (int round = 0; round < ROUNDS; round++) {
      OptionalInt chunk = audits.drawReview(chunks);
      chunk.ifPresent(number -> drawn[number]++);
    }
    assertThat(drawn[1]).as("one in four").isCloseTo(ROUNDS / 8, within(200));
    assertThat(drawn[2]).isCloseTo(ROUNDS / 16, within(200));
    assertThat(drawn[3]).isCloseTo(ROUNDS / 16, within(200));
    assertThat(audits.drawReview(List.of(List.of(), List.of()))).isEmpty();
  }

  @Test
  void anAuditIsTakenOnceAndReplacedByTheNextRound() {
    Audits audits = new Audits(new SplittableRandom(1));
    Audit audit = audit(new float[1], new float[1]);
    audits.keep(Optional.of(audit));
    assertThat(audits.take()).contains(audit);
    assertThat(audits.take()).isEmpty();
    audits.keep(Optional.of(audit));
    audits.keep(Optional.empty());
    assertThat(audits.take()).isEmpty();
  }

  @Test
  void ninetyPercentIsTheSameWork() {
    assertThat(Audit.passes(0.91)).isTrue();
    assertThat(Audit.passes(0.89)).isFalse();
  }

  /** What all have in common, which is most of each, is no evidence of anybody's work. */
  @Test
  void onlyWhatIsNotTheOthersIsCompared() {
    Random random = new Random(1);
    float[] others = noise(random, 10);
    float[] own = noise(random, 1);
    float[] another = noise(random, 1);
    float[] brought = sum(others, own);
    assertThat(audit(brought, others).similarity(segment(brought))).isCloseTo(1, within(1e-6));
    assertThat(audit(brought, others).similarity(segment(sum(others, another))))
        .isBetween(-0.2, 0.2);
    assertThat(audit(brought, others).similarity(segment(own)))
        .as("without what all have in common")
        .isCloseTo(1, within(1e-6));
    assertThat(audit(own, others).similarity(segment(brought))).isCloseTo(1, within(1e-6));
  }

  @Test
  void whoBringsNothingWhereSomethingIsDueHasNotWorked() {
    float[] nothing = new float[400];
    float[] others = noise(new Random(1), 1);
    float[] something = noise(new Random(2), 1);
    assertThat(audit(nothing, others).similarity(segment(something))).isZero();
    assertThat(audit(something, others).similarity(segment(nothing))).isZero();
    assertThat(audit(nothing, others).similarity(segment(nothing))).isEqualTo(1);
  }

  @Test
  void itIsTheGradientsOfTheSamePlacesThatCount() {
    float[] brought = noise(new Random(1), 1);
    float[] all = new float[500];
    System.arraycopy(brought, 0, all, 100, 400);
    Excerpt excerpt = new Excerpt(100, brought, new float[400]);
    assertThat(new Audit(peer(), 8, List.of(excerpt)).similarity(segment(all)))
        .isCloseTo(1, within(1e-6));
  }

  private static Audit audit(float[] brought, float[] others) {
    return new Audit(peer(), 8, List.of(new Excerpt(0, brought, others)));
  }

  private static PeerId peer() {
    return Identity.generate(new SplittableRandom(1)).peerId();
  }

  private static MemorySegment segment(float[] values) {
    return MemorySegment.ofArray(values);
  }

  private static float[] sum(float[] one, float[] other) {
    float[] sum = one.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += other[i];
    }
    return sum;
  }

  private static float[] noise(Random random, double length) {
    float[] values = new float[400];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (length * random.nextGaussian());
    }
    return values;
  }
}
