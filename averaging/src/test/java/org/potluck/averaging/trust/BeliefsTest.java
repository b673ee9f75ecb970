package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.reduce.Inspector;
import org.potluck.network.PeerId;
import org.potluck.network.simulation.NetworkConditions;
import org.potluck.network.simulation.PeerProfile;
import org.potluck.network.simulation.Simulation;

/** What peers say of each other and of themselves, and how far it is believed. */
class BeliefsTest {
  private static final Instant START = Instant.ofEpochSecond(1_000_000);
  private static final List<PeerId> PEERS = peers();

  @Test
  void aMinorityFramesNobodyHoweverItTriesTo() {
    for (int liars = 0; liars <= 5; liars++) {
      Opinions opinions = new Opinions();
      List<Opinions.Voter> voters = new ArrayList<>();
      Verdict lie = ban("is a liar");
      for (int i = 0; i < 10; i++) {
        List<Verdict> said = i < liars ? List.of(lie, lie, lie) : List.of();
        voters.add(new Opinions.Voter(PEERS.get(i), said));
      }
      opinions.hear(voters);
      assertThat(opinions.banned(PEERS.getLast())).as("%d of 10", liars).isFalse();
    }
  }

  /** Six of ten would be most. */
  @Test
  void nobodyVotesOnItself() {
    Opinions opinions = new Opinions();
    Verdict ban = ban("sends noise");
    opinions.hear(
        IntStream.range(2, 12)
            .mapToObj(i -> new Opinions.Voter(PEERS.get(i), i >= 6 ? List.of(ban) : List.of()))
            .toList());
    assertThat(opinions.banned(PEERS.getLast())).isFalse();
  }

  @Test
  void aNewcomerTakesTheWordOfMost() {
    Opinions opinions = new Opinions();
    Verdict ban = ban("sends noise");
    Verdict doubt = new Verdict(PEERS.get(9), 0.3, false, Verdict.UNTOLD, "sent noise once");
    opinions.hear(
        IntStream.range(0, 10)
            .mapToObj(
                i -> new Opinions.Voter(PEERS.get(i), i < 6 ? List.of(ban, doubt) : List.of()))
            .toList());
    assertThat(opinions.banned(PEERS.getLast())).isTrue();
    assertThat(opinions.banned(PEERS.get(9))).as("only doubted").isFalse();
    opinions.hear(List.of());
    assertThat(opinions.banned(PEERS.getLast())).as("they have gone").isFalse();
  }

  @Test
  void aBanByMostEndsWhenTooFewAreLeft() {
    PeerId liar = PEERS.getLast();
    List<Verdict> bans = new ArrayList<>();
    for (int minutes : List.of(9, 2, 30, 7, 5, 1)) {
      bans.add(new Verdict(liar, 0, true, START.plusSeconds(60L * minutes), "noise"));
    }
    assertThat(Opinions.until(bans, 12)).as("six of twelve").isEmpty();
    assertThat(Opinions.until(bans, 11)).as("of 11").contains(START.plusSeconds(60));
    assertThat(Opinions.until(bans, 6)).as("of 6, four").contains(START.plusSeconds(5 * 60));
  }

  @Test
  void whoIsBannedByMostIsBannedHereAsLong() {
    PeerId self = PEERS.getFirst();
    PeerId liar = PEERS.getLast();
    Trust trust = new Trust(new Random(1));
    Instant ends = START.plusSeconds(300);
    Verdict ban = new Verdict(liar, 0, true, ends, "noise");
    List<Opinions.Voter> voters =
        IntStream.range(1, 10)
            .mapToObj(i -> new Opinions.Voter(PEERS.get(i), i < 7 ? List.of(ban) : List.of()))
            .toList();
    trust.hear(self, voters, START);
    assertThat(trust.ban(liar, START)).contains(new Ban("noise", ends));
    assertThat(trust.ban(PEERS.get(1), START)).isEmpty();
    trust.hold(liar, Misdeed.FAILED_AUDIT, "false", START);
    trust.hold(liar, Misdeed.FAILED_AUDIT, "false again", START);
    assertThat(trust.ban(liar, START))
        .as("its own opinion goes first")
        .contains(new Ban("false again", START.plus(Standing.BAN_FIRST)));
    assertThat(trust.ban(liar, START.plus(Standing.BAN_FIRST)).map(Ban::until))
        .as("their word has no end that is not past")
        .contains(START.plus(Standing.BAN_FIRST).plusSeconds(30));
    trust.hear(self, List.of(), START.plus(Standing.BAN_FIRST));
    assertThat(trust.ban(liar, START.plus(Standing.BAN_FIRST))).isEmpty();
  }

  @Test
  void aFloodOfNamesFreesNobody() {
    Standings standings = new Standings();
    PeerId liar = PEERS.getFirst();
    standings.hold(liar, 1, "noise", START);
    Simulation many = new Simulation(2, NetworkConditions.usual());
    for (int i = 0; i < 5000; i++) {
      standings.hold(many.addPeer(PeerProfile.home()).self(), 0.1, "noise", START);
    }
    assertThat(standings.banned(liar, START)).isTrue();
    List<Verdict> verdicts = standings.verdicts(START);
    assertThat(verdicts).hasSize(Verdict.VERDICTS_MAX);
    assertThat(verdicts.getFirst())
        .isEqualTo(new Verdict(liar, 0, true, START.plus(Standing.BAN_FIRST), "noise"));
  }

  @Test
  void aClaimOfManySamplesIsMeasuredByTimeAndSpeed() {
    Speeds speeds = new Speeds();
    PeerId peer = PEERS.getFirst();
    speeds.expect(64, 4);
    assertThat(speeds.limit(peer, START)).as("nothing known").isEqualTo(72);
    speeds.said(peer, 2);
    assertThat(speeds.limit(peer, START)).as("what it did before is not known").isEqualTo(72);
    speeds.counted(peer, START);
    assertThat(speeds.limit(peer, START)).as("a second of slack").isEqualTo(2 * 4 + 3 * 2);
    assertThat(speeds.limit(peer, START.plusSeconds(5))).isEqualTo(2 * 4 + 3 * 2 * 6);
    assertThat(speeds.limit(peer, START.plusSeconds(1000))).as("the target").isEqualTo(72);
  }

  @Test
  void whoeverMostHaveBannedIsNotTakenAndNotFollowedHere() {
    Trust trust = new Trust(new SplittableRandom(1));
    PeerId framed = PEERS.getLast();
    for (int bans = 0; bans <= 9; bans++) {
      Verdict ban = new Verdict(framed, 0, true, START.plusSeconds(600), "sends noise");
      List<Opinions.Voter> others = new ArrayList<>();
      for (int i = 1; i < 10; i++) {
        others.add(new Opinions.Voter(PEERS.get(i), i <= bans ? List.of(ban) : List.of()));
      }
      trust.hear(PEERS.getFirst(), others, START);
      boolean most = 2 * bans > 10;
      assertThat(trust.bannedByMost(framed)).as("%d of 10", bans).isEqualTo(most);
      assertThat(trust.refusal(framed, 1, START).isPresent()).as("%d of 10", bans).isEqualTo(most);
      assertThat(trust.verdicts(START)).as("it is not this peer's own opinion").isEmpty();
    }
  }

  @Test
  void theSameValuesAreFoundWhereverChunksAreCut() {
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      Repeats repeats = new Repeats();
      PeerId peer = PEERS.getFirst();
      float[] old = gaussian(random, 300);
      assertThat(repeats.repeated(peer, probes(0, old))).isFalse();
      for (int round = 0; round < 5; round++) {
        float[] next = gaussian(random, 300);
        assertThat(repeats.repeated(peer, probes(0, next))).as("seed %d", seed).isFalse();
      }
      int from = random.nextInt(200);
      float[] part = new float[300 - from];
      for (int i = 0; i < part.length; i++) {
        part[i] = old[from + i] * (1 + 0.004f * (random.nextFloat() - 0.5f));
      }
      assertThat(repeats.repeated(peer, probes(from, part))).as("seed %d", seed).isTrue();
      assertThat(repeats.repeated(PEERS.get(1), probes(from, part))).as("another's").isFalse();
    }
  }

  @Test
  void sixteenRoundsAreRememberedAndNoMore() {
    Repeats repeats = new Repeats();
    Random random = new Random(1);
    float[] old = gaussian(random, 100);
    float[] later = gaussian(random, 100);
    assertThat(repeats.repeated(PEERS.getFirst(), probes(0, old))).isFalse();
    assertThat(repeats.repeated(PEERS.getFirst(), probes(0, later))).isFalse();
    for (int round = 0; round < 15; round++) {
      assertThat(repeats.repeated(PEERS.getFirst(), probes(0, gaussian(random, 100)))).isFalse();
    }
    assertThat(repeats.repeated(PEERS.getFirst(), probes(0, later))).isTrue();
    assertThat(repeats.repeated(PEERS.getFirst(), probes(0, old))).isFalse();
  }

  @Test
  void theSameIsWithinAHundredthOverTwoDozenValuesThatAreNotZero() {
    Random random = new Random(1);
    float[] values = gaussian(random, 200);
    assertThat(Repeats.same(probes(0, values), probes(0, times(values, 1.009f)))).isTrue();
    assertThat(Repeats.same(probes(0, values), probes(0, times(values, 1.011f)))).isFalse();
    float[] few = gaussian(random, 24);
    assertThat(Repeats.same(probes(0, few), probes(0, few))).isTrue();
    float[] fewer = gaussian(random, 23);
    assertThat(Repeats.same(probes(0, fewer), probes(0, fewer))).isFalse();
    float[] sparse = new float[1000];
    System.arraycopy(fewer, 0, sparse, 500, fewer.length);
    assertThat(Repeats.same(probes(0, sparse), probes(0, sparse))).as("rare words").isFalse();
  }

  @Test
  void theAveragesOfEightRoundsAreKeptTheNewestFirst() {
    Past past = new Past();
    assertThat(past.earlier(10).averages()).isEmpty();
    for (int round = 0; round < 10; round++) {
      float[] average = new float[10];
      average[3] = round;
      past.add(MemorySegment.ofArray(average));
    }
    List<float[]> kept = past.earlier(10).averages();
    assertThat(kept).hasSize(8);
    assertThat(kept.getFirst()[3]).isEqualTo(9);
    assertThat(kept.getLast()[3]).isEqualTo(2);
    assertThat(past.earlier(10).stride()).isEqualTo(1);
    assertThat(past.earlier(11).averages()).as("of another model").isEmpty();
    past.add(MemorySegment.ofArray(new float[11]));
    assertThat(past.earlier(11).averages()).hasSize(1);
  }

  @Test
  void ofALongAverageAFewPlacesAreKept() {
    Past past = new Past();
    float[] average = new float[200_000];
    average[8] = 5;
    past.add(MemorySegment.ofArray(average));
    Inspector.Earlier earlier = past.earlier(200_000);
    assertThat(earlier.stride()).isEqualTo(4);
    assertThat(earlier.averages().getFirst()).hasSize(50_000);
    assertThat(earlier.averages().getFirst()[2]).isEqualTo(5);
  }

  @Test
  void aReasonIsCutAndFiguresAsideTheMostFrequentCounts() {
    assertThat(new Verdict(PEERS.getFirst(), 1, false, START, "x".repeat(500)).reason())
        .hasSize(160);
    List<String> said = List.of("late 0.31", "noise", "late 0.30", "noise, too");
    Map<String, Double> gravity = Map.of("noise", 1.5, "late 0.30", 1.1);
    assertThat(Reasons.most(said, reason -> reason, reason -> gravity.getOrDefault(reason, 1.0)))
        .isEqualTo("late 0.30");
  }

  private static float[] times(float[] values, float factor) {
    float[] product = values.clone();
    for (int i = 0; i < product.length; i++) {
      product[i] *= factor;
    }
    return product;
  }

  private static Verdict ban(String reason) {
    return new Verdict(PEERS.getLast(), 0, true, START, reason);
  }

  private static Repeats.Probes probes(int from, float[] values) {
    return new Repeats.Probes(IntStream.range(from, from + values.length).toArray(), values);
  }

  private static float[] gaussian(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static List<PeerId> peers() {
    Simulation simulation = new Simulation(1, NetworkConditions.usual());
    return IntStream.range(0, 12)
        .mapToObj(i -> simulation.addPeer(PeerProfile.home()).self())
        .toList();
  }
}
