package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.reduce.Inspector;

/** What is let into an average by its length; a chunk has 100 values here. */
class NormGateTest {
  private static final double[] EQUAL = {8, 8, 8, 8, 8};
  private static final double UNKNOWN = Double.NaN;

  @Test
  void tenTimesTheMedianIsLeftOutAndHeldAgainstItsOwnerFromThirtyTimesOn() {
    assertThat(judged(UNKNOWN, 0, 1, 1, 1, 1, 9.9)).isEmpty();
    assertThat(judged(UNKNOWN, 0, 1, 1, 1, 1, 10.1))
        .containsEntry(
            4,
            new Charge(
                Misdeed.TOO_LARGE, 0, "its contribution is 10 times as long as the others'"));
    assertThat(judged(UNKNOWN, 0, 1, 1, 1, 1, 29).values())
        .extracting(Charge::share)
        .containsExactly(0.0);
    assertThat(judged(UNKNOWN, 0, 1, 1, 1, 1, 31).values())
        .extracting(Charge::share)
        .containsExactly(1.0);
  }

  @Test
  void whatIsNoNumbersIsLeftOut() {
    assertThat(judged(UNKNOWN, 0, 1, 1, 1, 1, Double.POSITIVE_INFINITY).values())
        .extracting(Charge::misdeed)
        .containsExactly(Misdeed.NO_NUMBERS);
    NormGate open = new NormGate(EQUAL, 100, usual(UNKNOWN), 0, false);
    double[] norms = {1, 1, 1, 1e9, Double.POSITIVE_INFINITY};
    assertThat(open.judge(chunk(), all(), norms, norms)).containsOnlyKeys(4);
  }

  /** Root mean squares: ten times as much over a hundred values. */
  @Test
  void whatWasUsualIsOneVoiceMore() {
    assertThat(judged(0.1, 0, 1, 1, 90, 90)).as("of two and two").containsOnlyKeys(2, 3);
    assertThat(judged(9, 0, 1, 1, 90, 90)).isEmpty();
  }

  @Test
  void whereMostHaveNextToNothingOneMayHaveSomething() {
    assertThat(judged(UNKNOWN, 0.1, 0, 0, 0, 0, 0.49)).isEmpty();
    assertThat(judged(UNKNOWN, 0.1, 0, 0, 0, 0, 0.51)).containsOnlyKeys(4);
  }

  @Test
  void fewerSamplesMayBeLonger() {
    NormGate gate = new NormGate(new double[] {8, 8, 8, 8, 2}, 100, usual(UNKNOWN), 0, true);
    double[] norms = {1, 1, 1, 1, 19};
    assertThat(gate.judge(chunk(), all(), norms, norms)).isEmpty();
    norms[4] = 21;
    assertThat(gate.judge(chunk(), all(), norms, norms)).containsOnlyKeys(4);
  }

  /** Who is doubted does not say how long the others' are. */
  @Test
  void onlySomeHaveAVoice() {
    double[] norms = {1, 1, 50, 50, 50};
    double[] voices = {1, 1, 50, UNKNOWN, UNKNOWN};
    NormGate gate = new NormGate(EQUAL, 100, usual(UNKNOWN), 0, true);
    assertThat(gate.judge(chunk(), all(), norms, voices)).containsOnlyKeys(2, 3, 4);
    assertThat(gate.judge(chunk(), all(), norms, norms)).isEmpty();
  }

  @Test
  void theUsualIsTheMedianOfNineRoundsOfTheRegionOfAChunksMiddle() {
    NormHistory history = new NormHistory();
    assertThat(history.usual()[7]).isNaN();
    for (int round = 0; round < 6; round++) {
      history.add(7, 1);
    }
    for (int round = 0; round < 4; round++) {
      history.add(7, 2);
    }
    assertThat(history.usual()[7]).as("five of the first are left").isEqualTo(1);
    history.add(7, 2);
    assertThat(history.usual()[7]).isEqualTo(2);
    assertThat(history.usual()[8]).isNaN();
    assertThat(NormHistory.region(0, 64, 64)).isEqualTo(32);
    assertThat(NormHistory.region(60, 4, 64)).isEqualTo(62);
    assertThat(NormHistory.region(63, 1, 64)).isEqualTo(63);
  }

  private static Map<Integer, Charge> judged(double usual, double typical, double... norms) {
    double[] five = Arrays.copyOf(norms, 5);
    Arrays.fill(five, norms.length, 5, Double.NaN);
    BitSet judged = new BitSet();
    judged.set(0, norms.length);
    return new NormGate(EQUAL, 100, usual(usual), typical, true).judge(chunk(), judged, five, five);
  }

  private static double[] usual(double everywhere) {
    double[] usual = new double[64];
    Arrays.fill(usual, everywhere);
    return usual;
  }

  private static Inspector.Chunk chunk() {
    return new Inspector.Chunk(new @Nullable ByteBuffer[5], -1, MemorySegment.NULL, 0, 100);
  }

  private static BitSet all() {
    BitSet all = new BitSet();
    all.set(0, 5);
    return all;
  }
}
