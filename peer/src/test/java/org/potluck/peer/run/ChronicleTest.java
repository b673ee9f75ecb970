package org.potluck.peer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.Role;
import org.potluck.averaging.Seating;
import org.potluck.averaging.progress.PeerProgress;
import org.potluck.averaging.progress.RoundNote;
import org.potluck.averaging.progress.RoundNotes;
import org.potluck.averaging.trust.Verdict;
import org.potluck.monitor.EpochStatus;
import org.potluck.monitor.ModelSample;
import org.potluck.monitor.Monitor;
import org.potluck.monitor.NextRound;
import org.potluck.monitor.Notice;
import org.potluck.monitor.PeerStatus;
import org.potluck.monitor.RoundStatus;
import org.potluck.monitor.RunInfo;
import org.potluck.network.PeerId;

final class ChronicleTest {
  private static final PeerId ANNA = peer(1);
  private static final PeerId BEN = peer(2);
  private static final PeerId CARA = peer(3);
  private static final PeerId MALLORY = peer(4);
  private static final Instant BAN_ENDS = Instant.parse("2026-01-05T10:09:30Z");
  private static final int BATCH = 48;
  private static final int TOKENS = 10;

  private final Shown shown = new Shown();
  private Instant now = Instant.parse("2026-01-05T10:00:00Z");
  private final Chronicle chronicle = chronicle(Optional.empty());

  @Test
  void tokensAreThoseThatWereAveragedNotTheTargetBatch() {
    look(word(ANNA, 0, 0), word(BEN, 0, 0));
    look(word(ANNA, 1, 5.0), word(BEN, 1, 4.0));
    assertThat(shown.epoch(1).counted()).as("nobody has told yet").isFalse();
    assertThat(shown.epoch(1).tokensTotal()).isEqualTo(BATCH * TOKENS);

    tell(ANNA, averaged("aa", 0, 60));
    assertThat(shown.epoch(1).counted()).isTrue();
    assertThat(shown.epoch(1).samples()).isEqualTo(60);
    assertThat(shown.epoch(1).tokensTotal()).isEqualTo(60 * TOKENS);

    look(word(ANNA, 2, 3.0), word(BEN, 2, 3.0));
    assertThat(shown.epoch(2).tokensTotal()).isEqualTo((60 + BATCH) * TOKENS);
    tell(BEN, averaged("bb", 1, 30));
    assertThat(shown.epoch(2).tokensTotal()).isEqualTo((60 + 30) * TOKENS);
  }

  @Test
  void whatMostHaveReachedIsShownWhateverOthersClaim() {
    look(word(ANNA, 3, 2), word(BEN, 3, 2), word(MALLORY, 1003, 1));
    look(word(ANNA, 4, 2), word(BEN, 3, 2), word(MALLORY, 1003, 1));
    assertThat(chronicle.epoch()).isEqualTo(4);
    look(word(ANNA, 4, 2), word(BEN, 5, 2), word(MALLORY, 1003, 1));
    assertThat(chronicle.epoch()).isEqualTo(5);
  }

  @Test
  void theLossIsWeightedByWhatEachBrought() {
    look(word(ANNA, 0, 0), word(BEN, 0, 0));
    look(word(ANNA, 1, 5.0), word(BEN, 1, 4.0));
    assertThat(shown.epoch(1).loss()).isCloseTo(4.5, within(1e-9));
    tell(ANNA, averaged("aa", 0, 60));
    assertThat(shown.epoch(1).loss()).as("45 of Anna's, 15 of Ben's").isCloseTo(4.75, within(1e-9));
  }

  @Test
  void severalGroupsOfOneEpochAddUp() {
    look(word(ANNA, 0, 0), word(BEN, 0, 0), word(CARA, 0, 0), word(MALLORY, 0, 0));
    look(word(ANNA, 1, 5), word(BEN, 1, 5), word(CARA, 1, 5), word(MALLORY, 1, 5));
    tell(ANNA, averaged("aa", 0, 60));
    tell(CARA, note("bb", 0, 20, "", List.of(), CARA, MALLORY));
    assertThat(shown.epoch(1).samples()).isEqualTo(80);
    assertThat(shown.round("aa").missing()).as("Cara was in the other").isEmpty();
    assertThat(shown.round("bb").missing()).isEmpty();
  }

  @Test
  void aLiarAloneAddsNoTokensAndSpeaksForNoGroup() {
    look(word(ANNA, 0, 0), word(BEN, 0, 0), word(MALLORY, 0, 0));
    look(word(ANNA, 1, 5), word(BEN, 1, 5), word(MALLORY, 1, 5));
    tell(MALLORY, note("cc", 0, 1e12, "", List.of(), MALLORY));
    assertThat(shown.epoch(1).counted()).as("more than anybody could work off").isFalse();
    tell(MALLORY, averaged("aa", 0, 7));
    assertThat(shown.rounds).as("not a member").noneMatch(round -> round.id().equals("aa"));
    tell(MALLORY, note("dd", 0, 40, "", List.of(), MALLORY, ANNA, BEN, CARA));
    assertThat(shown.epoch(1).counted()).as("the others of it say nothing").isFalse();
  }

  @Test
  void membersFaultsAndWhoWasMissingAreToldInWords() {
    look(word(ANNA, 3, 2), word(BEN, 3, 2), word(CARA, 1, 2));
    RoundNote.Complaint late = new RoundNote.Complaint(BEN, "was late (sending)");
    tell(ANNA, note("aa", 3, 60, "", List.of(late), ANNA, BEN));
    RoundStatus round = shown.rounds.getLast();
    assertThat(round.epoch()).isEqualTo(4);
    assertThat(round.outcome()).isEqualTo(RoundStatus.Outcome.AVERAGED);
    assertThat(round.members())
        .extracting(RoundStatus.Member::name, RoundStatus.Member::part)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("anna", RoundStatus.Part.AVERAGED),
            org.assertj.core.groups.Tuple.tuple("ben", RoundStatus.Part.AT_FAULT));
    assertThat(round.faults()).containsExactly("ben was late (sending), says anna");
    assertThat(round.missing()).containsExactly("cara, at epoch 1");

    tell(BEN, note("aa", 3, 60, "", List.of(), ANNA, BEN));
    assertThat(shown.rounds.getLast().members())
        .extracting(RoundStatus.Member::part)
        .containsExactly(RoundStatus.Part.AVERAGED, RoundStatus.Part.AVERAGED);
  }

  @Test
  void aRoundIsCalledAbandonedOnlyWhenNoMemberSaysOtherwise() {
    look(word(ANNA, 3, 2), word(BEN, 3, 2));
    tell(ANNA, note("aa", 3, 0, "too few members are left", List.of(), ANNA, BEN));
    assertThat(shown.rounds).as("Ben may have it").isEmpty();
    pass(Duration.ofSeconds(7));
    look(word(ANNA, 3, 2), word(BEN, 3, 2));
    assertThat(shown.rounds.getLast().reason()).isEqualTo("too few members are left");
    tell(BEN, note("aa", 3, 60, "", List.of(), ANNA, BEN));
    assertThat(shown.rounds.getLast().outcome()).isEqualTo(RoundStatus.Outcome.AVERAGED);
  }

  @Test
  void whatWasToldIsNotShownAgain() {
    look(word(ANNA, 3, 2), word(BEN, 3, 2));
    tell(ANNA, averaged("aa", 3, 60));
    int before = shown.rounds.size();
    chronicle.told(ANNA, last, now);
    assertThat(shown.rounds).hasSize(before);
  }

  @Test
  void whatWasRememberedGoesOn() {
    EpochStatus last = new EpochStatus(10, now, 3, BATCH, true, 480, 9_000, 1, 2);
    Chronicle again = chronicle(Optional.of(last));
    again.look(
        List.of(word(ANNA, 12, 3), word(BEN, 12, 3)), peer -> Optional.empty(), BEN::equals, now);
    again.look(
        List.of(word(ANNA, 13, 3), word(BEN, 13, 3)), peer -> Optional.empty(), BEN::equals, now);
    assertThat(shown.epoch(13).tokensTotal())
        .as("two epochs passed unseen and one was seen")
        .isEqualTo(9_000 + 3 * BATCH * TOKENS);
    again.told(ANNA, new RoundNotes(0, 0, List.of(averaged("aa", 8, 60))), now);
    assertThat(shown.rounds).as("of before the restart").isEmpty();
  }

  @Test
  void whoLeavesIsToldApartFromWhoIsLost() {
    look(word(ANNA, 0, 0), word(BEN, 0, 0), word(CARA, 0, 0));
    look(word(ANNA, 0, 0));
    assertThat(shown.notices)
        .containsExactly(
            "anna joined", "ben joined", "cara joined", "ben left", "cara is gone without a word");
  }

  @Test
  void linksAreThoseThatWerePosted() {
    tell(ANNA, averaged("aa", 0, 60));
    look(word(ANNA, 0, 0), word(BEN, 0, 0));
    assertThat(shown.peers.get(0).link().uploadBytesPerSecond()).isEqualTo(1e6);
    assertThat(shown.peers.get(0).link().downloadBytesPerSecond()).isNaN();
    assertThat(shown.peers.get(1).link().uploadBytesPerSecond()).isNaN();
    assertThat(shown.peers.get(0).standing().score()).as("nobody judges here").isNaN();
  }

  @Test
  void whoIsDoubtedAndBannedByHowManyAndWhyIsShown() {
    Verdict banned =
        new Verdict(MALLORY, 0, true, BAN_ENDS, "points away (agreement -0.91 in 3 rounds)");
    Verdict alike =
        new Verdict(MALLORY, 0, true, BAN_ENDS, "points away (agreement -0.87 in 4 rounds)");
    Verdict doubted =
        new Verdict(MALLORY, 0.5, false, Verdict.UNTOLD, "sent values that are no numbers");
    lookWhereThreeJudge(banned, alike, doubted);
    PeerStatus.Standing standing = standing(MALLORY);
    assertThat(standing.judges()).isEqualTo(3);
    assertThat(standing.bannedBy()).isEqualTo(2);
    assertThat(standing.doubtedBy()).isEqualTo(1);
    assertThat(standing.refused()).as("two of four are not most").isFalse();
    assertThat(standing.score()).isCloseTo(0.5 / 3, within(1e-9));
    assertThat(standing.reason()).isEqualTo(banned.reason());
    assertThat(standing.judgements())
        .extracting(PeerStatus.Judgement::by)
        .containsExactly("anna", "ben", "cara");
    assertThat(standing(ANNA)).isEqualTo(PeerStatus.Standing.good(3));

    Verdict worse = new Verdict(MALLORY, 0, true, BAN_ENDS, "sent values that are no numbers");
    lookWhereThreeJudge(banned, alike, worse);
    assertThat(standing(MALLORY).refused()).isTrue();
    assertThat(shown.notices.subList(4, shown.notices.size()))
        .containsExactly(
            "mal was banned by anna: " + banned.reason(),
            "mal is refused by all for 10 min, banned by 3 of 3: " + banned.reason());
  }

  @Test
  void whoIsGivenNothingWaitsForTheEndOfItsBan() {
    Verdict early = new Verdict(MALLORY, 0, true, BAN_ENDS.minusSeconds(60), "points away");
    Verdict ban = new Verdict(MALLORY, 0, true, BAN_ENDS, "points away");
    Verdict late = new Verdict(MALLORY, 0, true, BAN_ENDS.plusSeconds(60), "points away");
    look(
        word(ANNA, 3, 2).withVerdicts(List.of(late)),
        word(BEN, 3, 2).withVerdicts(List.of(early)),
        word(CARA, 3, 2).withVerdicts(List.of(ban)),
        word(MALLORY, 2, 2, "BANNED"));
    PeerStatus.State state = status(MALLORY).state();
    assertThat(state.activity()).isEqualTo(PeerStatus.Activity.WAITING);
    assertThat(state.detail()).isEqualTo("the end of its ban");
    assertThat(state.until())
        .as("three of four are most, two are not")
        .isEqualTo(BAN_ENDS.minusSeconds(60));
  }

  @Test
  void whoWaitsForTheStartSaysSo() {
    look(waitsForTheStart(ANNA), waitsForTheStart(BEN));
    assertThat(status(ANNA).state().detail()).isEqualTo("more trainers");
    assertThat(shown.reason()).isEqualTo("Waiting for more trainers (training.begin-with).");
    look(word(ANNA, 0, Double.NaN), waitsForTheStart(BEN));
    assertThat(shown.reason()).isEqualTo("Gathering samples.");
  }

  private PeerProgress waitsForTheStart(PeerId peer) {
    return new PeerProgress(
        peer,
        1,
        "",
        Role.TRAINER,
        "cpu",
        0,
        0,
        0,
        0,
        0,
        Double.NaN,
        "",
        "WAITING",
        List.of(),
        1,
        1,
        false,
        0,
        List.of());
  }

  @Test
  void newcomersDoNotJudgeAndNobodyJudgesItself() {
    Verdict framed = new Verdict(ANNA, 0, true, BAN_ENDS, "is too good");
    Verdict own = new Verdict(MALLORY, 0, true, BAN_ENDS, "is me");
    look(
        word(ANNA, 3, 2),
        word(BEN, 0, 2).withVerdicts(List.of(framed)),
        word(MALLORY, 3, 2).withVerdicts(List.of(framed, framed, own)));
    assertThat(standing(ANNA).judges()).isEqualTo(1);
    assertThat(standing(ANNA).bannedBy()).isEqualTo(1);
    assertThat(standing(ANNA).refused()).as("by one of two").isFalse();
    assertThat(standing(MALLORY)).isEqualTo(PeerStatus.Standing.good(1));
  }

  /** Anna, Ben and Cara say one thing each. */
  private void lookWhereThreeJudge(Verdict anna, Verdict ben, Verdict cara) {
    look(
        word(ANNA, 3, 2).withVerdicts(List.of(anna)),
        word(BEN, 3, 2).withVerdicts(List.of(ben)),
        word(CARA, 3, 2).withVerdicts(List.of(cara)),
        word(MALLORY, 3, 2));
  }

  private PeerStatus.Standing standing(PeerId peer) {
    return status(peer).standing();
  }

  private PeerStatus status(PeerId peer) {
    return shown.peers.stream()
        .filter(status -> status.id().equals(peer.toString()))
        .findFirst()
        .orElseThrow();
  }

  private Chronicle chronicle(Optional<EpochStatus> last) {
    return new Chronicle(shown, BATCH, TOKENS, last, now);
  }

  private void look(PeerProgress... words) {
    pass(Duration.ofSeconds(1));
    chronicle.look(List.of(words), peer -> Optional.empty(), BEN::equals, now);
  }

  private RoundNotes last = new RoundNotes(0, 0, List.of());

  private void tell(PeerId teller, RoundNote note) {
    pass(Duration.ofSeconds(1));
    RoundNote at =
        new RoundNote(
            note.epoch(),
            now,
            note.seating(),
            note.members(),
            note.weight(),
            note.matchmaking(),
            note.exchange(),
            note.bytesSent(),
            note.reason(),
            note.complaints());
    last = new RoundNotes(1e6, 0, List.of(at));
    chronicle.told(teller, last, now);
  }

  private void pass(Duration time) {
    now = now.plus(time);
  }

  /** Three quarters by Anna, the rest by Ben. */
  private RoundNote averaged(String round, long epoch, double weight) {
    return new RoundNote(
        epoch,
        now,
        new Seating(
            round,
            List.of(
                new Seating.Seat(ANNA, weight * 0.75, 0.5),
                new Seating.Seat(BEN, weight * 0.25, 0.5))),
        2,
        weight,
        Duration.ofMillis(200),
        Duration.ofMillis(300),
        100,
        "",
        List.of());
  }

  private RoundNote note(
      String round,
      long epoch,
      double weight,
      String reason,
      List<RoundNote.Complaint> complaints,
      PeerId... members) {
    List<Seating.Seat> seats = new ArrayList<>();
    for (PeerId member : members) {
      double share = 1.0 / members.length;
      seats.add(new Seating.Seat(member, Math.min(weight, 1e9) * share, share));
    }
    return new RoundNote(
        epoch,
        now,
        new Seating(round, seats),
        members.length,
        weight,
        Duration.ofMillis(200),
        Duration.ofMillis(300),
        100,
        reason,
        complaints);
  }

  private PeerProgress word(PeerId peer, long epoch, double loss) {
    return word(peer, epoch, loss, "TRAINING");
  }

  private PeerProgress word(PeerId peer, long epoch, double loss, String activity) {
    String name =
        peer.equals(ANNA) ? "anna" : peer.equals(BEN) ? "ben" : peer.equals(CARA) ? "cara" : "mal";
    return new PeerProgress(
        peer,
        1,
        name,
        Role.TRAINER,
        "cpu",
        epoch,
        4,
        40,
        8,
        80,
        loss,
        "",
        activity,
        List.of(),
        1,
        1,
        false,
        0,
        List.of());
  }

  private static PeerId peer(int number) {
    byte[] key = new byte[36];
    key[0] = 8;
    key[1] = 1;
    key[2] = 18;
    key[3] = 32;
    key[4] = (byte) number;
    return PeerId.ofKey(key);
  }

  private static final class Shown implements Monitor {
    private final List<EpochStatus> epochs = new ArrayList<>();
    private final List<RoundStatus> rounds = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private List<PeerStatus> peers = List.of();
    private @Nullable NextRound next;

    String reason() {
      return Objects.requireNonNull(next).reason();
    }

    EpochStatus epoch(long epoch) {
      return epochs.stream()
          .filter(status -> status.epoch() == epoch)
          .reduce((first, second) -> second)
          .orElseThrow();
    }

    RoundStatus round(String id) {
      return rounds.stream()
          .filter(status -> status.id().equals(id))
          .reduce((first, second) -> second)
          .orElseThrow();
    }

    @Override
    public void run(RunInfo run) {}

    @Override
    public void peers(List<PeerStatus> now) {
      peers = now;
    }

    @Override
    public void epoch(EpochStatus epoch) {
      epochs.add(epoch);
    }

    @Override
    public void round(RoundStatus round) {
      rounds.add(round);
    }

    @Override
    public void next(NextRound round) {
      next = round;
    }

    @Override
    public void sample(ModelSample sample) {}

    @Override
    public void event(Notice notice) {
      notices.add(notice.text());
    }
  }
}
