package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/**
 * What follows from rounds, each told as what was seen of one chunk: six members, of whom the first
 * judges and the last is odd.
 */
class HabitsTest {
  private static final int MEMBERS = 6;
  private static final int ODD = 5;
  private static final int VALUES = 4096;
  private static final int PLACES = 1000;
  private static final List<PeerId> PEERS = peers();

  private final SplittableRandom random = new SplittableRandom(1);
  private final Habits habits = new Habits();

  /** Of the odd one: what it has in common with the others now, and with each one of them. */
  private double common = 0.8;

  private double company = 0.5;

  /** With the last four averages. */
  private double[] past = {0.3, 0.2, 0.2, 0.2};

  /** What it brings of its own; new each time where there is none. */
  private float[] lasting = new float[0];

  /** What this peer does. */
  private float[] ownLasting = new float[0];

  /**
   * What of this peer's contribution is in the odd one's average, where that of all others is 1.
   */
  private double echo = 1;

  /** Members that bring what they brought before. */
  private List<Integer> repeating = List.of();

  @Test
  void whoPointsAwayIsCharged() {
    common = -0.4;
    company = -0.2;
    assertThat(after(3, true, false)).containsExactly(Misdeed.CONTRADICTS);
  }

  @Test
  void whoHasNoCompanyIsChargedThoughTheSumDoesNotTell() {
    company = 0;
    assertThat(after(3, true, false)).containsExactly(Misdeed.UNRELATED);
  }

  @Test
  void onlyOneOfBothIsHeldAgainstIt() {
    common = 0;
    company = 0;
    assertThat(after(3, true, false)).containsExactly(Misdeed.UNRELATED);
  }

  @Test
  void whoComesLateIsCharged() {
    past = new double[] {0.2, 0.2, 0.2, 0.95};
    common = 0.5;
    assertThat(after(3, true, false)).containsExactly(Misdeed.LATE);
  }

  @Test
  void whoBringsAnAverageIsCharged() {
    past = new double[] {0.9999, 0.2, 0.2, 0.2};
    assertThat(after(3, true, false)).containsExactly(Misdeed.COPIED);
  }

  @Test
  void dataOfOnesOwnExcuseAllButTheOpposite() {
    lasting = noise();
    common = -0.4;
    company = -0.2;
    past = new double[] {0.2, 0.2, 0.2, 0.95};
    // From the first round on it is remembered, from the fourth on known.
    after(5, true, false);
    assertThat(after(1, true, false)).isEmpty();
    assertThat(after(1, true, true)).as("where all have the same text").isNotEmpty();
    common = -0.8;
    assertThat(after(5, true, false)).containsExactly(Misdeed.OPPOSES);
    past = new double[] {0.9999, 0.2, 0.2, 0.2};
    assertThat(after(5, true, false)).contains(Misdeed.COPIED);
  }

  @Test
  void aFiftiethThatLastsMakesDataOfOnesOwn() {
    common = 0;
    company = 0;
    for (double cosine : new double[] {0.015, 0.025}) {
      Habits fresh = new Habits();
      List<Charge> last = List.of();
      for (int round = 0; round < 6; round++) {
        last = fresh.after(round(leaning(cosine, round)), true, false).get(ODD);
      }
      assertThat(last.isEmpty()).as("%s lasts", cosine).isEqualTo(cosine > 0.02);
    }
  }

  @Test
  void whatWasNotAveragedIsNotRemembered() {
    lasting = noise();
    common = 0;
    company = 0;
    after(6, false, false);
    assertThat(after(1, true, false)).isNotEmpty();
    common = 0.8;
    company = 0.5;
    Habits fresh = new Habits();
    repeating = List.of(ODD);
    assertThat(fresh.after(round(noise()), true, false).get(ODD)).isEmpty();
    assertThat(fresh.after(round(noise()), false, false).get(ODD)).isEmpty();
    assertThat(misdeeds(fresh.after(round(noise()), true, false).get(ODD)))
        .containsExactly(Misdeed.REPEATED);
  }

  @Test
  void whatMostRepeatOrThisPeerItselfIsUsual() {
    repeating = List.of(4, ODD);
    after(1, true, false);
    assertThat(after(1, true, false)).containsExactly(Misdeed.REPEATED);
    repeating = List.of(3, 4, ODD);
    after(1, true, false);
    assertThat(after(1, true, false)).as("half of all").isEmpty();
    repeating = List.of(0, ODD);
    after(1, true, false);
    assertThat(after(1, true, false)).as("this peer, too").isEmpty();
  }

  @Test
  void aReducerWhoseAveragesDoNotHoldWhatItWasSentIsCharged() {
    echo = 0.1;
    assertThat(after(2, true, false)).isEmpty();
    assertThat(after(1, false, false)).as("of a round that failed").isEmpty();
    assertThat(after(1, true, false)).containsExactly(Misdeed.FALSE_AVERAGE);
  }

  @Test
  void anAbsurdAverageIsChargedAtOnce() {
    echo = 0.001;
    assertThat(after(1, true, false)).containsExactly(Misdeed.TOO_LARGE);
  }

  @Test
  void whoHasDataOfItsOwnDoesNotListen() {
    ownLasting = noise();
    after(4, true, false);
    echo = 0.1;
    assertThat(after(5, true, false)).isEmpty();
    assertThat(after(5, true, true)).as("where all have the same text").isNotEmpty();
  }

  @Test
  void fromAFifthThatLastsOnThisPeerDoesNotListen() {
    for (double cosine : new double[] {0.19, 0.21}) {
      Habits fresh = new Habits();
      List<Charge> last = List.of();
      for (int round = 0; round < 10; round++) {
        // Until it knows what lasts it listens.
        echo = round < 5 ? 1 : 0.1;
        ownLasting = leaning(cosine, round);
        last = fresh.after(round(noise()), true, false).get(ODD);
      }
      assertThat(last.isEmpty()).as("%s lasts", cosine).isEqualTo(cosine > 0.2);
    }
  }

  /** What is held against the odd one after the last of so many rounds; nothing against others. */
  private List<Misdeed> after(int rounds, boolean averaged, boolean sameText) {
    List<List<Charge>> charges = List.of();
    for (int round = 0; round < rounds; round++) {
      charges = habits.after(round(lasting.length > 0 ? lasting : noise()), averaged, sameText);
      for (int member = 0; member < ODD; member++) {
        if (!repeating.contains(member)) {
          assertThat(charges.get(member)).as("member %d", member).isEmpty();
        }
      }
    }
    return misdeeds(charges.get(ODD));
  }

  private static List<Misdeed> misdeeds(List<Charge> charges) {
    return charges.stream().map(Charge::misdeed).toList();
  }

  private Screen round(float[] own) {
    double[] weights = new double[MEMBERS];
    Arrays.fill(weights, 8);
    List<float[]> averages = Collections.nCopies(past.length, new float[PLACES]);
    Screen screen =
        new Screen(
            PEERS,
            weights,
            0,
            VALUES,
            new Inspector(List.of(), 1),
            new NormGate(weights, VALUES, new double[64], 0, true),
            Admission.OPEN,
            Closer.NOT,
            new Inspector.Earlier(4, averages));
    screen.note(finding(own));
    for (int reducer = 1; reducer < MEMBERS; reducer++) {
      double length = reducer == ODD ? 1 / echo : 1;
      screen.note(new Echo.Heard(reducer, VALUES, length, length * length, 1));
    }
    return screen;
  }

  private Screen.Finding finding(float[] own) {
    double[] present = new double[MEMBERS];
    Arrays.fill(present, 0.8);
    present[ODD] = common;
    double[][] averages = new double[MEMBERS][];
    Arrays.setAll(averages, member -> new double[] {0.3, 0.2, 0.2, 0.2});
    averages[ODD] = past;
    double[][] pairs = new double[MEMBERS][MEMBERS];
    for (int one = 0; one < MEMBERS; one++) {
      for (int other = 0; other < MEMBERS; other++) {
        pairs[one][other] = one == ODD || other == ODD ? company : 0.5;
      }
      pairs[one][one] = Double.NaN;
    }
    float[][] left = new float[MEMBERS][];
    Arrays.setAll(left, _ -> noise());
    left[ODD] = own;
    left[0] = ownLasting.length > 0 ? ownLasting : left[0];
    float[][] probes = new float[MEMBERS][];
    Arrays.setAll(probes, member -> repeating.contains(member) ? same(member) : noise());
    BitSet seen = new BitSet();
    seen.set(0, MEMBERS);
    return new Screen.Finding(
        Map.of(),
        Map.of(),
        seen,
        new Inspector.Agreements(present, present, averages, pairs, left, 0, PLACES),
        VALUES,
        0,
        IntStream.range(0, PLACES).toArray(),
        probes,
        1,
        null);
  }

  private static float[] same(int member) {
    float[] same = new float[PLACES];
    Arrays.fill(same, member + 1);
    return same;
  }

  /**
   * What has just so much in common with that of other rounds, chance taken off: a part of the same
   * in all, and the rest elsewhere in each.
   */
  private static float[] leaning(double cosine, int round) {
    double share = cosine + 2 / Math.sqrt(PLACES);
    int block = PLACES / 10;
    float[] leaning = new float[PLACES];
    Arrays.fill(leaning, 0, block, (float) Math.sqrt(share));
    int from = (1 + round % 9) * block;
    Arrays.fill(leaning, from, from + block, (float) Math.sqrt(1 - share));
    return leaning;
  }

  private float[] noise() {
    float[] noise = new float[PLACES];
    for (int i = 0; i < PLACES; i++) {
      noise[i] = (float) random.nextGaussian();
    }
    return noise;
  }

  private static List<PeerId> peers() {
    SplittableRandom random = new SplittableRandom(1);
    List<PeerId> peers = new ArrayList<>();
    for (int i = 0; i < MEMBERS; i++) {
      peers.add(Identity.generate(random).peerId());
    }
    return peers;
  }
}
