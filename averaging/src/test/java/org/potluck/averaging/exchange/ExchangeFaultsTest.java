package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potluck.averaging.PeerFault;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.Storage;
import org.potluck.averaging.codec.CodecId;
import org.potluck.averaging.codec.Codecs;
import org.potluck.network.Bandwidth;
import org.potluck.network.simulation.Partition;
import org.potluck.network.simulation.SimulatedNetwork;

/**
 * What may go wrong in one round, at a moment drawn from the seed: before, while and after members
 * send and reduce.
 *
 * <p>{@code -Dpotluck.seeds=1000} runs that many seeds of each; the usual number keeps a build
 * short.
 */
class ExchangeFaultsTest {
  private static final int SEEDS = Integer.getInteger("potluck.seeds", 60);

  /** After it a stalled link goes on, and one that was cut is open again. */
  private static final Duration HEALING = Duration.ofSeconds(40);

  /** A round of an undisturbed group takes about as long. */
  private static final int USUAL_MILLIS = 700;

  @Test
  void membersThatDieCostOnlyTheirOwnContribution() {
    int mended = 0;
    for (int seed : seeds(303, 399)) {
      RoundLab lab = lab(seed);
      int deaths = 1 + lab.random.nextInt(Math.max(1, (lab.size() - 1) / 2));
      lab.begin();
      for (int i = 0; i < deaths; i++) {
        int victim = lab.random.nextInt(lab.size());
        boolean silently = lab.random.nextBoolean();
        lab.simulation.at(
            moment(lab),
            () -> {
              if (silently) {
                lab.simulation.cutPower(lab.networks.get(victim));
              } else {
                lab.simulation.crash(lab.networks.get(victim));
              }
            });
      }
      lab.finish();
      List<Integer> living = lab.living();
      if (isQuorum(lab, living)) {
        lab.finished(living);
      }
      lab.soundWith(living);
      mended += living.stream().anyMatch(i -> lab.averaged(i) && hasFaults(lab, i)) ? 1 : 0;
      aRoundFinishesAfterwards(lab);
    }
    assertThat(mended).as("deaths that mattered").isGreaterThan(SEEDS / 3);
  }

  @Test
  void aMemberThatDiesBeforeItHasOpenedItsLinksIsMissedAtOnce() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed).members(1);
      lab.begin().finish(); // All are connected from then on.
      Duration before = lab.simulation.elapsed();
      lab.begin();
      int victim = lab.random.nextInt(lab.size());
      lab.simulation.at(
          Duration.ofMillis(lab.random.nextInt(60)),
          () -> lab.simulation.crash(lab.networks.get(victim)));
      lab.finish();
      if (isQuorum(lab, lab.living())) {
        lab.finished(lab.living());
        assertThat(lab.simulation.elapsed().minus(before))
            .as("seed %d", seed)
            .isLessThan(Duration.ofMillis(2 * USUAL_MILLIS));
      }
      lab.soundWith(lab.living());
    }
  }

  @Test
  void slowMembersAreReplacedAndStillReceiveTheAverage() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      int slow = lab.random.nextInt(lab.size());
      lab.profiles.set(
          slow,
          RoundLab.SLOW_HOME.withBandwidth(
              Bandwidth.ofMegabitsPerSecond(0.05), RoundLab.SLOW_HOME.down()));
      lab.begin().finish();
      List<Integer> others = lab.living();
      others = new ArrayList<>(others);
      others.remove(Integer.valueOf(slow));
      lab.finished(lab.living());
      lab.soundWith(others);
      assertThat(lab.simulation.elapsed()).as("seed %d", seed).isLessThan(Duration.ofSeconds(30));
    }
  }

  @Test
  void whoeverIsCutOffNeverHoldsOtherBits() {
    for (int seed : seeds(159, 375)) {
      RoundLab lab = lab(seed);
      lab.begin();
      int apart = 1 + lab.random.nextInt(lab.size() - 1);
      List<Integer> some = new ArrayList<>(IntStream.range(0, lab.size()).boxed().toList());
      java.util.Collections.shuffle(some, java.util.Random.from(lab.random));
      List<Integer> here = some.subList(0, apart);
      List<Integer> there = some.subList(apart, some.size());
      boolean oneWay = lab.random.nextInt(4) == 0;
      Partition[] cut = new Partition[1];
      lab.simulation.at(
          moment(lab),
          () ->
              cut[0] =
                  oneWay
                      ? lab.simulation.partOneWay(networks(lab, here), networks(lab, there))
                      : lab.simulation.part(networks(lab, here), networks(lab, there)));
      lab.finish();
      lab.soundWith(List.of());
      if (!oneWay && isQuorum(lab, here)) {
        lab.finished(here);
      }
      if (!oneWay && isQuorum(lab, there)) {
        lab.finished(there);
      }
      lab.simulation.runFor(Duration.ofMillis(USUAL_MILLIS));
      cut[0].heal();
      aRoundFinishesAfterwards(lab);
    }
  }

  @Test
  void aLinkThatStallsBreaksNoRound() {
    for (int seed : seeds(399)) {
      RoundLab lab = lab(seed);
      lab.begin();
      int one = lab.random.nextInt(lab.size());
      int other = (one + 1 + lab.random.nextInt(lab.size() - 1)) % lab.size();
      Duration length = Duration.ofMillis(50 + lab.random.nextInt(8000));
      lab.simulation.at(
          moment(lab),
          () -> lab.simulation.stall(lab.networks.get(one), lab.networks.get(other), length));
      lab.finish();
      List<Integer> untouched = new ArrayList<>(lab.living());
      untouched.removeAll(List.of(one, other));
      if (lab.size() > 2) {
        assertThat(List.of(one, other)).as("seed %d", seed).anyMatch(lab::averaged);
      }
      lab.finished(untouched);
      lab.soundWith(untouched);
      aRoundFinishesAfterwards(lab);
    }
  }

  /** Deaths, links that stall or are cut, and members that give up, up to four in one round. */
  @Test
  void severalFaultsAtOnceSplitNoRound() {
    int finished = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      lab.begin();
      List<Partition> cuts = new ArrayList<>();
      for (int fault = 2 + lab.random.nextInt(3); fault > 0; fault--) {
        int one = lab.random.nextInt(lab.size());
        int other = (one + 1 + lab.random.nextInt(lab.size() - 1)) % lab.size();
        int kind = lab.random.nextInt(6);
        Duration length = Duration.ofMillis(50 + lab.random.nextInt(5000));
        lab.simulation.at(moment(lab), () -> fault(lab, kind, one, other, length, cuts));
      }
      lab.finish();
      lab.soundWith(List.of());
      finished += lab.living().stream().anyMatch(lab::averaged) ? 1 : 0;
      lab.simulation.runFor(Duration.ofMillis(USUAL_MILLIS));
      cuts.forEach(Partition::heal);
      if (lab.living().size() > 1) {
        aRoundFinishesAfterwards(lab);
      }
    }
    assertThat(finished).as("rounds that somebody finished").isGreaterThan(SEEDS / 3);
  }

  private static void fault(
      RoundLab lab, int kind, int one, int other, Duration length, List<Partition> cuts) {
    SimulatedNetwork victim = lab.networks.get(one);
    List<SimulatedNetwork> here = List.of(victim);
    List<SimulatedNetwork> there = List.of(lab.networks.get(other));
    switch (kind) {
      case 0 -> lab.simulation.crash(victim);
      case 1 -> lab.simulation.cutPower(victim);
      case 2 -> lab.simulation.stall(victim, there.getFirst(), length);
      case 3 -> cuts.add(lab.simulation.part(here, there));
      case 4 -> cuts.add(lab.simulation.partOneWay(here, there));
      default -> {
        if (lab.alive(one)) {
          lab.cancel(one);
        }
      }
    }
  }

  /**
   * A reducer dies when some of the others have some of its averages and the rest have none, and so
   * does one of those that have them.
   */
  @Test
  void averagesThatOnlySomeHoldAreNotMadeAnew() {
    int split = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      lab.members(2);
      int reducer = lab.random.nextInt(lab.size());
      int[] holders = {0};
      lab.whenHeld =
          (member, chunk) -> {
            boolean ofOther = member != reducer && lab.chunks().owner(chunk) == reducer;
            holders[0] += ofOther ? 1 : 0;
            if (ofOther && holders[0] == lab.size() / 2) {
              lab.simulation.crash(lab.networks.get(reducer));
              if (lab.size() > 4) {
                lab.simulation.crash(lab.networks.get(member));
              }
            }
          };
      lab.begin().finish();
      if (isQuorum(lab, lab.living())) {
        lab.finished(lab.living());
      }
      lab.soundWith(lab.living());
      split += lab.alive(reducer) ? 0 : 1;
    }
    assertThat(split).as("reducers that died in the middle").isGreaterThan(SEEDS / 2);
  }

  @Test
  void aMemberThatCancelsIsMissedByNobody() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      lab.begin();
      int quitter = lab.random.nextInt(lab.size());
      lab.simulation.at(moment(lab), () -> lab.cancel(quitter));
      lab.finish();
      List<Integer> others = new ArrayList<>(lab.living());
      others.remove(Integer.valueOf(quitter));
      if (isQuorum(lab, others)) {
        lab.finished(others);
      }
      lab.soundWith(others);
      if (lab.outcome(quitter) instanceof RoundOutcome.Abandoned abandoned) {
        assertThat(abandoned.cause()).as("seed %d", seed).isEqualTo(RoundOutcome.Cause.CANCELLED);
      }
    }
  }

  @Test
  void theDeadlineEndsTheRoundForEverybody() {
    int abandoned = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      lab.deadline = moment(lab).plusMillis(1);
      lab.begin().finish();
      assertThat(lab.simulation.elapsed()).isLessThan(lab.deadline.plusMillis(100));
      lab.soundWith(List.of());
      abandoned += lab.living().stream().allMatch(lab::averaged) ? 0 : 1;
      lab.deadline = RoundLab.DEADLINE;
      aRoundFinishesAfterwards(lab);
    }
    assertThat(abandoned).isBetween(SEEDS / 10, SEEDS - 1);
  }

  @Test
  void damagedFramesFromInsideTheGroupAreFaultsOfTheirSender() {
    int found = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      lab.brokenIndex = lab.random.nextInt(lab.size());
      lab.brokenMember = network -> new BrokenMachine(network, lab.random, 40);
      lab.begin().finish();
      List<Integer> others = new ArrayList<>(lab.living());
      others.remove(Integer.valueOf(lab.brokenIndex));
      if (isQuorum(lab, others)) {
        lab.finished(others);
      }
      lab.soundWith(isQuorum(lab, others) ? others : List.of(), lab.brokenIndex);
      found += others.stream().anyMatch(i -> blames(lab, i, lab.brokenIndex)) ? 1 : 0;
    }
    assertThat(found).as("rounds in which the damage was seen").isGreaterThan(SEEDS / 3);
  }

  @Test
  void auxiliariesReduceAndAddNothing() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      int auxiliary = lab.random.nextInt(lab.size());
      lab.weights.set(auxiliary, 0.0);
      lab.begin();
      boolean dies = lab.random.nextInt(3) == 0;
      if (dies) {
        lab.simulation.at(moment(lab), () -> lab.simulation.crash(lab.networks.get(auxiliary)));
      }
      lab.finish();
      if (isQuorum(lab, lab.living())) {
        lab.finished(lab.living());
      }
      List<Integer> trainers = new ArrayList<>(IntStream.range(0, lab.size()).boxed().toList());
      trainers.remove(Integer.valueOf(auxiliary));
      lab.soundWith(trainers);
    }
  }

  @Test
  void membersThatNobodyCanDialSendAndReceive() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      int hidden = 1 + lab.random.nextInt(lab.size() - 1);
      for (int i = 0; i < hidden; i++) {
        int member = (i * 2 + seed) % lab.size();
        boolean lastToBeDialed =
            lab.profiles.stream().filter(profile -> profile.canBeDialed()).count() == 1;
        if (!lastToBeDialed) {
          lab.profiles.set(member, RoundLab.SLOW_HOME.dialOutOnly());
        }
      }
      lab.begin().finish();
      lab.finished(lab.living());
      lab.soundWith(lab.living());
      for (int i : lab.living()) {
        assertThat(lab.averagedOf(i).faults()).as("seed %d", seed).isEmpty();
      }
    }
  }

  @Test
  void littleMemoryIsEnough() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      lab.bufferBytesMax = 2L * RoundLab.CHUNK_VALUES * Float.BYTES;
      lab.profiles.set(
          0,
          RoundLab.SLOW_HOME.withBandwidth(
              Bandwidth.ofMegabitsPerSecond(0.1), RoundLab.SLOW_HOME.down()));
      lab.begin().finish();
      lab.finished(lab.living());
      lab.soundWith(lab.living());
    }
  }

  @Test
  void vectorsInFilesAreAveragedLikeThoseInMemory(@TempDir Path folder) throws IOException {
    for (int seed = 0; seed < 12; seed++) {
      RoundLab lab = lab(seed);
      lab.storage = () -> Storage.mapped(folder);
      lab.begin();
      lab.simulation.at(moment(lab), () -> lab.simulation.crash(lab.networks.get(0)));
      lab.finish();
      if (isQuorum(lab, lab.living())) {
        lab.finished(lab.living());
      }
      lab.soundWith(lab.living());
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.filter(file -> System.getProperty("os.name").startsWith("Linux"))).isEmpty();
    }
  }

  @Test
  void whoIsNotOfTheGroupAddsNothing() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      lab.begin();
      SimulatedNetwork outsider = lab.simulation.addPeer(RoundLab.SLOW_HOME);
      ByteBuffer chunk =
          ChunkFrames.contribution(
                  0,
                  Codecs.of(lab.codec),
                  MemorySegment.ofArray(new float[RoundLab.CHUNK_VALUES]),
                  0,
                  RoundLab.CHUNK_VALUES)
              .orElseThrow();
      for (SimulatedNetwork member : lab.networks) {
        outsider.remember(member.self(), member.addresses());
        lab.simulation.at(
            moment(lab),
            () -> {
              var _ =
                  outsider
                      .open(member.self(), Rounds.PROTOCOL, Duration.ofSeconds(1))
                      .thenAccept(
                          stream -> {
                            stream.handler((from, data) -> {});
                            stream.write(lab.hello());
                            stream.write(chunk.duplicate());
                          });
            });
      }
      lab.finish();
      lab.finished(lab.living());
      lab.soundWith(lab.living());
    }
  }

  /** The usual ones, and some of which a round once ended without an average. */
  private static int[] seeds(int... once) {
    return IntStream.concat(IntStream.range(0, SEEDS), IntStream.of(once)).toArray();
  }

  private static RoundLab lab(int seed) {
    RoundLab lab = new RoundLab(seed);
    lab.members(2 + seed % 6);
    lab.codec =
        seed % 4 == 0 ? CodecId.FLOAT16 : seed % 4 == 1 ? CodecId.INT8_BLOCKWISE : lab.codec;
    lab.otherCodec = seed % 5 == 0 ? CodecId.FLOAT16 : null;
    lab.bufferBytesMax = seed % 3 == 0 ? 1024 : 64 * 1024;
    lab.slowWorkers = seed % 2 == 1;
    return lab;
  }

  private static Duration moment(RoundLab lab) {
    return Duration.ofMillis(lab.random.nextInt(USUAL_MILLIS));
  }

  private static void aRoundFinishesAfterwards(RoundLab lab) {
    lab.simulation.runFor(HEALING);
    lab.begin().finish();
    lab.finished(lab.living());
    lab.soundWith(lab.living());
  }

  private static boolean isQuorum(RoundLab lab, List<Integer> who) {
    return 2 * who.size() > lab.size() || (2 * who.size() == lab.size() && who.contains(0));
  }

  private static boolean hasFaults(RoundLab lab, int member) {
    return !lab.averagedOf(member).faults().isEmpty();
  }

  private static boolean blames(RoundLab lab, int member, int other) {
    return lab.outcome(member) instanceof RoundOutcome.Averaged averaged
        && averaged.faults().stream()
            .anyMatch(
                fault ->
                    fault instanceof PeerFault.Malformed
                        && fault.peer().equals(lab.networks.get(other).self()));
  }

  private static List<SimulatedNetwork> networks(RoundLab lab, List<Integer> members) {
    return members.stream().map(lab.networks::get).toList();
  }
}
