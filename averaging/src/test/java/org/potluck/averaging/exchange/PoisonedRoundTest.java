package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.reduce.Aggregation;
import org.potluck.averaging.trust.Audit;
import org.potluck.averaging.trust.Misdeed;
import org.potluck.averaging.trust.Trust;
import org.potluck.averaging.trust.Verdict;
import org.potluck.network.PeerId;

/**
 * A member that brings poison: what the round makes of it, and what the others think of it then.
 */
class PoisonedRoundTest {
  private static final int SEEDS = 20;
  private static final int MEMBERS = 6;
  private static final int LATE_BY_ROUNDS = 3;
  private static final int TURNING_ROUNDS = 16;

  @Test
  void aContributionAHundredTimesTooLongIsLeftOutAndNamed() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.begin().finish();
      int liar = lab.random.nextInt(MEMBERS);
      List<Integer> honest = others(liar);
      gradients(lab, liar, value -> 100 * value);
      lab.begin().finish();
      lab.soundWith(honest);
      for (int i : honest) {
        RoundOutcome.Averaged averaged = lab.averagedOf(i);
        assertThat(longest(averaged)).as("seed %d", seed).isLessThan(20);
        assertThat(averaged.faults())
            .as("seed %d", seed)
            .anyMatch(fault -> implausible(fault, lab.networks.get(liar).self()))
            .allMatch(fault -> fault.peer().equals(lab.networks.get(liar).self()));
      }
    }
  }

  @Test
  void whoeverPointsAwayIsBannedByAllHonestAndNobodyElseIs() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.weights.replaceAll(weight -> 8.0); // very light ones are not judged
      int liar = lab.random.nextInt(MEMBERS);
      lab.begin().finish();
      for (int round = 0; round < 8; round++) {
        gradients(lab, liar, value -> -value);
        lab.begin().finish();
      }
      PeerId poisoner = lab.networks.get(liar).self();
      for (int i : others(liar)) {
        assertThat(lab.trusts.get(i).verdicts(lab.simulation.clock().instant()))
            .as("seed %d, member %d", seed, i)
            .filteredOn(Verdict::banned)
            .extracting(Verdict::peer)
            .containsExactly(poisoner);
        assertThat(lab.averagedOf(i).faults())
            .as("seed %d", seed)
            .contains(
                new PeerFault.Implausible(
                    poisoner,
                    lab.trusts
                        .get(i)
                        .refusal(poisoner, 1, lab.simulation.clock().instant())
                        .orElseThrow()));
      }
    }
  }

  @Test
  void whoeverIsDoubtedIsJudgedAndNotAveraged() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      int doubted = lab.random.nextInt(MEMBERS);
      lab.begin().finish();
      PeerId peer = lab.networks.get(doubted).self();
      for (int i : others(doubted)) {
        Instant now = lab.simulation.clock().instant();
        lab.trusts.get(i).hold(peer, Misdeed.FALSE_AVERAGE, "what it averages is odd", now);
        lab.trusts.get(i).hold(peer, Misdeed.FALSE_LEAD, "what it leads to is worse", now);
      }
      for (int round = 0; round < 2; round++) {
        gradients(lab, -1, value -> value);
        lab.begin().finish();
        lab.soundWith(others(doubted));
        boolean trusted = round > 0;
        for (int i : others(doubted)) {
          assertThat(
                  lab.averagedOf(i).faults().stream()
                      .anyMatch(
                          fault ->
                              fault.toString().contains("is doubted: what it leads to is worse")))
              .as("seed %d, member %d, round %d", seed, i, round)
              .isEqualTo(!trusted);
        }
      }
    }
  }

  @Test
  void whoeverComesLateIsBannedByAllHonestAndNobodyElseIs() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.weights.replaceAll(weight -> 8.0);
      int liar = lab.random.nextInt(MEMBERS);
      Deque<float[]> computed = new ArrayDeque<>();
      lab.begin().finish();
      double[] lasting = normal(lab);
      double[] turning = normal(lab);
      for (int round = 0; round < TURNING_ROUNDS; round++) {
        turn(lab, lasting, turning);
        computed.addLast(lab.vectors.get(liar).clone());
        // What it brings first it does not bring again, or it would be known for that.
        addNoise(lab, liar);
        if (computed.size() > LATE_BY_ROUNDS) {
          lab.vectors.set(liar, computed.removeFirst());
        }
        lab.begin().finish();
        lab.soundWith(List.of());
      }
      bannedByAll(lab, seed, liar, "rounds ago");
    }
  }

  @Test
  void whoeverBringsWhatItBroughtBeforeIsBannedByAllHonest() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.weights.replaceAll(weight -> 8.0);
      int liar = lab.random.nextInt(MEMBERS);
      lab.begin().finish();
      float[] same = lab.vectors.get(liar).clone();
      for (int round = 0; round < 3; round++) {
        gradients(lab, -1, value -> value);
        lab.vectors.set(liar, same.clone());
        lab.begin().finish();
      }
      bannedByAll(lab, seed, liar, "sent before");
    }
  }

  @Test
  void whoeverBringsNoiseIsBannedByAllHonest() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.weights.replaceAll(weight -> 8.0);
      int liar = lab.random.nextInt(MEMBERS);
      lab.begin().finish();
      for (int round = 0; round < 8; round++) {
        gradients(lab, liar, _ -> 1.4 * lab.random.nextGaussian());
        lab.begin().finish();
      }
      bannedByAll(lab, seed, liar, "nothing to do with the others'");
    }
  }

  /** As long as it is not alone, noise has company; see {@code Company}. */
  @Test
  void whoeverBringsTheSameNoiseAsAnotherIsBannedByAllHonest() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.weights.replaceAll(weight -> 8.0);
      int liar = lab.random.nextInt(MEMBERS);
      int accomplice = (liar + 1) % MEMBERS;
      lab.begin().finish();
      for (int round = 0; round < 16; round++) {
        gradients(lab, liar, _ -> 1.4 * lab.random.nextGaussian());
        lab.vectors.set(accomplice, lab.vectors.get(liar).clone());
        lab.begin().finish();
      }
      for (int i : others(liar)) {
        if (i != accomplice) {
          assertThat(lab.trusts.get(i).verdicts(lab.simulation.clock().instant()))
              .as("seed %d, member %d", seed, i)
              .allMatch(Verdict::banned)
              .extracting(Verdict::peer)
              .containsExactlyInAnyOrder(
                  lab.networks.get(liar).self(), lab.networks.get(accomplice).self());
        }
      }
    }
  }

  @Test
  void whoeverBringsTheLastAverageIsBannedByAllHonest() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.weights.replaceAll(weight -> 8.0);
      int liar = lab.random.nextInt(MEMBERS);
      lab.begin().finish();
      double[] lasting = normal(lab);
      double[] turning = normal(lab);
      for (int round = 0; round < 8; round++) {
        float[] last = lab.averagedOf(liar).average().toArray(ValueLayout.JAVA_FLOAT);
        turn(lab, lasting, turning);
        lab.vectors.set(liar, last);
        lab.begin().finish();
      }
      bannedByAll(lab, seed, liar, "is an earlier average");
    }
  }

  /** Nothing of what it brings is in what the others bring, or it is even against that. */
  @Test
  void whoeverHasOnlyDataOfItsOwnIsNotDoubted() {
    for (double against : new double[] {0, 0.5}) {
      for (int seed = 0; seed < SEEDS; seed++) {
        RoundLab lab = new RoundLab(seed).members(MEMBERS);
        int other = bringDataOfItsOwn(lab, against, 0);
        for (int i : others(other)) {
          assertThat(lab.trusts.get(i).verdicts(lab.simulation.clock().instant()))
              .as("%s against the others, seed %d, member %d", against, seed, i)
              .isEmpty();
        }
      }
    }
  }

  /** In a run with audits nobody has: a wrong direction that lasts is no excuse for itself. */
  @Test
  void whoeverGoesItsOwnWayWhereAllHaveTheSameTextIsBannedByAllHonest() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      int other = bringDataOfItsOwn(lab, 0, Double.MIN_VALUE);
      bannedByAll(lab, seed, other, "nothing to do with the others'");
    }
  }

  /**
   * Sixteen rounds; in the first of them, of which nothing is known yet, it has something in common
   * with the others.
   *
   * @param audits of a group and round, on average
   * @return who does
   */
  private static int bringDataOfItsOwn(RoundLab lab, double against, double audits) {
    lab.weights.replaceAll(weight -> 8.0);
    int other = lab.random.nextInt(MEMBERS);
    lab.begin();
    lab.trusts.forEach(trust -> trust.audits(audits));
    lab.finish();
    double[] own = normal(lab);
    for (int round = 0; round < 16; round++) {
      double common = round < 6 ? 0.5 : -against;
      gradients(lab, other, value -> common * value);
      for (int v = 0; v < RoundLab.VALUES; v++) {
        lab.vectors.get(other)[v] += (float) own[v];
      }
      addNoise(lab, other);
      lab.begin().finish();
    }
    return other;
  }

  private static void bannedByAll(RoundLab lab, int seed, int liar, String reason) {
    for (int i : others(liar)) {
      assertThat(lab.trusts.get(i).verdicts(lab.simulation.clock().instant()))
          .as("seed %d, member %d", seed, i)
          .allMatch(verdict -> verdict.banned() && verdict.reason().contains(reason))
          .extracting(Verdict::peer)
          .containsExactly(lab.networks.get(liar).self());
    }
  }

  private static void addNoise(RoundLab lab, int member) {
    float[] vector = lab.vectors.get(member);
    for (int v = 0; v < vector.length; v++) {
      vector[v] += (float) lab.random.nextGaussian();
    }
  }

  /** Most of what it brings is its own, the same in each round: half of the others' agreement. */
  @Test
  void whoeverHasOtherDataIsNotTakenForLate() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.weights.replaceAll(weight -> 8.0);
      int other = lab.random.nextInt(MEMBERS);
      lab.begin().finish();
      double[] lasting = normal(lab);
      double[] turning = normal(lab);
      double[] own = normal(lab);
      for (int round = 0; round < TURNING_ROUNDS; round++) {
        turn(lab, lasting, turning);
        for (int v = 0; v < RoundLab.VALUES; v++) {
          lab.vectors.get(other)[v] += (float) (3 * own[v]);
        }
        lab.begin().finish();
      }
      for (int i : others(other)) {
        assertThat(lab.trusts.get(i).verdicts(lab.simulation.clock().instant()))
            .as("seed %d, member %d", seed, i)
            .isEmpty();
      }
    }
  }

  /**
   * A third of what all gradients have in common lasts, so that late ones are not unrelated; the
   * rest turns from round to round, as in a model that learns fast.
   */
  private static void turn(RoundLab lab, double[] lasting, double[] turning) {
    for (int v = 0; v < RoundLab.VALUES; v++) {
      turning[v] = 0.4 * turning[v] + 0.9 * lab.random.nextGaussian();
      for (float[] vector : lab.vectors) {
        vector[v] = (float) (0.7 * lasting[v] + turning[v] + lab.random.nextGaussian());
      }
    }
  }

  private static double[] normal(RoundLab lab) {
    return lab.random.doubles(RoundLab.VALUES).map(_ -> lab.random.nextGaussian()).toArray();
  }

  @Test
  void aReducerThatLiesIsNamedByAllHonestAndNobodyElseIs() {
    for (float factor : new float[] {-1, 10, 0.1f}) {
      for (int seed = 0; seed < SEEDS; seed++) {
        RoundLab lab = new RoundLab(seed).members(MEMBERS);
        lab.weights.replaceAll(weight -> 8.0);
        lab.lyingReducer = lab.random.nextInt(MEMBERS);
        lab.lie = factor;
        lab.begin().finish();
        for (int round = 0; round < 5; round++) {
          gradients(lab, -1, value -> value);
          lab.begin().finish();
        }
        boolean found = factor < 0 || factor > 1;
        for (int i : others(lab.lyingReducer)) {
          assertThat(lab.trusts.get(i).verdicts(lab.simulation.clock().instant()))
              .as("times %s, seed %d, member %d", factor, seed, i)
              .extracting(Verdict::peer)
              .isEqualTo(found ? List.of(lab.networks.get(lab.lyingReducer).self()) : List.of());
        }
      }
    }
  }

  @Test
  void aReducerOfAbsurdAveragesIsNamedByAllAfterOneRound() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.lyingReducer = lab.random.nextInt(MEMBERS);
      lab.lie = 1000;
      lab.weights.replaceAll(weight -> 8.0);
      lab.begin().finish();
      for (int i : others(lab.lyingReducer)) {
        assertThat(lab.trusts.get(i).verdicts(lab.simulation.clock().instant()))
            .as("seed %d, member %d", seed, i)
            .allMatch(verdict -> verdict.reason().contains("times as long as what went into it"))
            .extracting(Verdict::peer)
            .containsExactly(lab.networks.get(lab.lyingReducer).self());
      }
    }
  }

  @Test
  void whoeverTrainsAloneGoesOnWhenItsGradientsGrow() {
    RoundLab lab = new RoundLab(1).members(1);
    for (double length : new double[] {1, 1, 1, 30, 900}) {
      gradients(lab, 0, value -> length * value);
      lab.begin().finish();
      assertThat(longest(lab.averagedOf(0))).isGreaterThan(length);
    }
  }

  @Test
  void anAuditKnowsAContributionFromAnyOther() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.codec = CodecId.INT8_BLOCKWISE;
      lab.weights.replaceAll(weight -> 8.0);
      gradients(lab, 0, value -> value);
      lab.begin();
      lab.trusts.forEach(trust -> trust.audits(MEMBERS));
      lab.finish();
      lab.soundWith(others(-1));
      for (int i = 0; i < MEMBERS; i++) {
        Trust trust = lab.trusts.get(i);
        Audit audit = trust.takeAudit().orElseThrow();
        assertThat(trust.takeAudit()).isEmpty();
        assertThat(audit.samples()).isEqualTo(8);
        for (int other = 0; other < MEMBERS; other++) {
          boolean its = lab.networks.get(other).self().equals(audit.peer());
          double similarity = audit.similarity(MemorySegment.ofArray(lab.vectors.get(other)));
          assertThat(similarity).as("seed %d", seed).isBetween(its ? 0.99 : -0.9, its ? 1 : 0.5);
        }
      }
    }
  }

  @Test
  void centeredClipGivesAllMembersTheSameBits() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = new RoundLab(seed).members(MEMBERS);
      lab.aggregation = new Aggregation.CenteredClip(1, 20);
      lab.begin().finish();
      float[] first = lab.averagedOf(0).average().toArray(ValueLayout.JAVA_FLOAT);
      for (int i = 1; i < MEMBERS; i++) {
        assertThat(lab.averagedOf(i).average().toArray(ValueLayout.JAVA_FLOAT))
            .as("seed %d, member %d", seed, i)
            .isEqualTo(first);
      }
    }
  }

  private static boolean implausible(PeerFault fault, PeerId peer) {
    return fault instanceof PeerFault.Implausible(PeerId whom, String what)
        && whom.equals(peer)
        && what.contains("as long as");
  }

  private static List<Integer> others(int liar) {
    return IntStream.range(0, MEMBERS).filter(i -> i != liar).boxed().toList();
  }

  private static double longest(RoundOutcome.Averaged averaged) {
    double longest = 0;
    for (float value : averaged.average().toArray(ValueLayout.JAVA_FLOAT)) {
      longest = Math.max(longest, Math.abs(value));
    }
    return longest;
  }

  /** What all agree on, and as much noise of each one's own; the liar's is changed. */
  private static void gradients(RoundLab lab, int liar, DoubleUnaryOperator lie) {
    for (int v = 0; v < RoundLab.VALUES; v++) {
      double common = lab.random.nextGaussian();
      for (int i = 0; i < lab.vectors.size(); i++) {
        double value = common + lab.random.nextGaussian();
        lab.vectors.get(i)[v] = (float) (i == liar ? lie.applyAsDouble(value) : value);
      }
    }
  }
}
