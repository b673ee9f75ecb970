package org.potluck.averaging.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.potluck.network.Identity;
import org.potluck.network.PeerId;

/** Whom a reducer admits to its averages, for what it and the others think. */
class ReputationTest {
  private static final Instant START = Instant.ofEpochSecond(1_000_000);
  private static final List<PeerId> PEERS = peers();
  private static final List<Double> EQUAL = Collections.nCopies(7, 8.0);

  @Test
  void whoIsDoubtedIsWithheldBelowHalfOfItsStanding() {
    Reputation reputation = new Reputation();
    doubt(reputation, 1, 0.49);
    doubt(reputation, 2, 0.51);
    assertThat(admission(reputation).withheld()).containsOnlyKeys(1);
    assertThat(admission(reputation).withheld().get(1)).isEqualTo("is doubted: noise");
    assertThat(admission(reputation).barred()).isEmpty();
  }

  @Test
  void theWorstAreWithheldAndMoreThanHalfAreLeft() {
    Reputation reputation = new Reputation();
    for (int member = 1; member < 7; member++) {
      doubt(reputation, member, 1 - (0.55 + 0.05 * (member * 3 % 7)));
    }
    // By standing, the lowest first: 2, 4, 6, 1, 3, 5.
    assertThat(admission(reputation).withheld()).containsOnlyKeys(2, 4, 6);
    doubt(reputation, 5, 0);
    assertThat(admission(reputation).barred()).containsOnlyKeys(5);
    assertThat(admission(reputation).withheld()).containsOnlyKeys(2, 4);
    List<Double> six = List.of(8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 0.0);
    assertThat(reputation.admission(PEERS, six, 0, START).withheld())
        .as("of six, two are left out, and one is barred already")
        .hasSize(1);
  }

  @Test
  void neitherThisPeerNorWhoBringsNothingIsJudged() {
    Reputation reputation = new Reputation();
    doubt(reputation, 0, 0);
    doubt(reputation, 1, 0);
    doubt(reputation, 2, 0.3);
    List<Double> weights = List.of(8.0, 0.0, 0.0, 8.0, 8.0, 8.0, 8.0);
    Admission admission = reputation.admission(PEERS, weights, 0, START);
    assertThat(admission.barred()).isEmpty();
    assertThat(admission.withheld()).isEmpty();
  }

  @Test
  void whomMostHaveBannedIsBarred() {
    Reputation reputation = new Reputation();
    hearBans(reputation, START.plusSeconds(300));
    assertThat(admission(reputation).barred()).containsOnlyKeys(6);
    assertThat(reputation.charge(PEERS.get(6), 1, START).map(Charge::misdeed))
        .contains(Misdeed.BANNED);
  }

  /** Or it would take the place of one who is left in. */
  @Test
  void whoIsBarredIsNotWithheldToo() {
    Reputation reputation = new Reputation();
    hearBans(reputation, START.plusSeconds(300));
    doubt(reputation, 6, 0.1);
    doubt(reputation, 1, 0.2);
    doubt(reputation, 2, 0.3);
    assertThat(admission(reputation).barred()).containsOnlyKeys(6);
    assertThat(admission(reputation).withheld()).containsOnlyKeys(1, 2);
  }

  @Test
  void equalVerdictsAreToldInTheOrderOfPeers() {
    List<PeerId> sorted = PEERS.stream().sorted().toList();
    for (List<PeerId> order : List.of(sorted, sorted.reversed())) {
      Reputation reputation = new Reputation();
      order.forEach(
          peer -> reputation.hold(peer, new Charge(Misdeed.NO_NUMBERS, 1, "noise"), START));
      assertThat(reputation.verdicts(START)).extracting(Verdict::peer).isEqualTo(sorted);
    }
  }

  @Test
  void whatMostSayOfTheEndIsNeitherPastNorFarAway() {
    Reputation reputation = new Reputation();
    hearBans(reputation, START.minusSeconds(5));
    assertThat(reputation.ban(PEERS.get(6), START).orElseThrow().until())
        .isEqualTo(START.plusSeconds(30));
    hearBans(reputation, START.plus(Duration.ofDays(365)));
    assertThat(reputation.ban(PEERS.get(6), START).orElseThrow().until())
        .isEqualTo(START.plus(Ban.LONGEST));
  }

  @Test
  void whoClaimsMoreThanIsPlausibleIsBarred() {
    Reputation reputation = new Reputation();
    reputation.expect(64, 4);
    List<Double> weights = List.of(80.0, 72.0, 72.5, 8.0, 8.0, 8.0, 8.0);
    assertThat(reputation.admission(PEERS, weights, 0, START).barred()).containsOnlyKeys(2);
  }

  /** A round of which nothing was seen says nothing good of anybody. */
  @Test
  void aCleanRoundGivesATwentiethBack() {
    Reputation reputation = new Reputation();
    doubt(reputation, 1, 0.5);
    reputation.cleanRound(PEERS.get(1), START);
    assertThat(reputation.verdicts(START).getFirst().score()).isCloseTo(0.55, within(1e-9));
  }

  @Test
  void whoHasNothingAgainstItAnyMoreIsForgotten() {
    Reputation reputation = new Reputation();
    doubt(reputation, 1, 0.96);
    assertThat(reputation.verdicts(START)).hasSize(1);
    reputation.cleanRound(PEERS.get(1), START);
    assertThat(reputation.verdicts(START)).isEmpty();
    doubt(reputation, 2, 0.5);
    assertThat(reputation.verdicts(START.plus(Duration.ofMinutes(59)))).hasSize(1);
    assertThat(reputation.verdicts(START.plus(Duration.ofMinutes(61)))).isEmpty();
  }

  private static Admission admission(Reputation reputation) {
    return reputation.admission(PEERS, EQUAL, 0, START);
  }

  /** Who had nothing against it has so much of its standing left then. */
  private static void doubt(Reputation reputation, int member, double left) {
    reputation.hold(
        PEERS.get(member), new Charge(Misdeed.NO_NUMBERS, (1 - left) / 0.5, "noise"), START);
  }

  /** By five of seven, of the last. */
  private static void hearBans(Reputation reputation, Instant until) {
    Verdict ban = new Verdict(PEERS.get(6), 0, true, until, "noise");
    List<Opinions.Voter> others = new ArrayList<>();
    for (int peer = 1; peer < 7; peer++) {
      others.add(new Opinions.Voter(PEERS.get(peer), peer < 6 ? List.of(ban) : List.of()));
    }
    reputation.hear(PEERS.getFirst(), others, START);
  }

  private static List<PeerId> peers() {
    SplittableRandom random = new SplittableRandom(1);
    return IntStream.range(0, 7).mapToObj(i -> Identity.generate(random).peerId()).toList();
  }
}
