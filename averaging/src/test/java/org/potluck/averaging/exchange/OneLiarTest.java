package org.potluck.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.potluck.averaging.RoundOutcome;
import org.potluck.averaging.proto.DoneMessage;
import org.potluck.averaging.proto.FreezeMessage;
import org.potluck.averaging.proto.HeldMessage;
import org.potluck.averaging.proto.ReassignMessage;
import org.potluck.averaging.proto.RunMessage;
import org.potluck.averaging.wire.FrameKind;
import org.potluck.averaging.wire.Frames;

/**
 * One member that takes part, and lies in what parses and may be true: it costs the round no more
 * than if it had died, splits no group, and gets nobody else blamed.
 */
class OneLiarTest {
  private static final int SEEDS = 8;
  private static final int MEMBERS = 5;

  /** A member that has died is missed, asked in vain at worst, and what it made is made anew. */
  private static final Duration AS_BY_A_DEATH = Duration.ofSeconds(12);

  /**
   * It says that the average is final to one that has all of it. If that one believed it, and both
   * died, it would have finished with what the others then average anew.
   */
  @Test
  void oneVoiceDoesNotMakeAnAverageFinal() {
    int alone = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      int favoured = (lab.brokenIndex + 1) % MEMBERS;
      boolean[] skip = new boolean[1];
      Meddler meddler =
          liar(
              lab,
              (to, frame) -> {
                boolean header = is(frame, FrameKind.AVERAGE);
                boolean dropped = to != favoured && (header || skip[0]);
                skip[0] = to != favoured && header;
                return dropped ? ByteBuffer.allocate(0) : frame;
              });
      int[] held = {0};
      lab.whenHeld = (member, chunk) -> held[0] += member == favoured ? 1 : 0;
      lab.begin();
      saySoon(lab, meddler, List.of(settled()));
      lab.simulation.runUntil(
          () -> held[0] == lab.chunks().size() || lab.outcome(favoured) != null,
          Duration.ofSeconds(20));
      lab.simulation.runFor(Duration.ofMillis(50));
      alone += lab.outcome(favoured) == null ? 1 : 0;
      lab.simulation.crash(lab.networks.get(lab.brokenIndex));
      lab.simulation.crash(lab.networks.get(favoured));
      lab.finish();
      lab.finished(lab.living());
      lab.soundWith(lab.living());
    }
    assertThat(alone).as("rounds in which one had all, and waited").isEqualTo(SEEDS);
  }

  @TestFactory
  Stream<DynamicTest> whoeverNamesTheLivingDeadOrSlowIsNotBelieved() {
    return Stream.of(
        DynamicTest.dynamicTest("dead: one", () -> changesNothing(List.of(1), List.of())),
        DynamicTest.dynamicTest("dead: two", () -> changesNothing(List.of(1, 2), List.of())),
        DynamicTest.dynamicTest(
            "dead: all but one", () -> changesNothing(List.of(1, 2, 3), List.of())),
        DynamicTest.dynamicTest("slow: all", () -> changesNothing(List.of(), List.of(1, 2, 3, 4))),
        DynamicTest.dynamicTest("slow: one, at once", () -> changesNothing(List.of(), List.of(1))));
  }

  /**
   * Members are counted from the liar on.
   *
   * @param dead whom it says that it goes on without
   * @param slow whom it would relieve
   */
  private static void changesNothing(List<Integer> dead, List<Integer> slow) {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      Meddler meddler = liar(lab, (_, frame) -> frame);
      lab.begin();
      saySoon(lab, meddler, List.of(freeze(lab, 1, from(lab, dead), from(lab, slow))));
      lab.finish();
      lab.finished(others(lab));
      lab.soundWith(others(lab));
      namesNobodyBut(lab, List.of(lab.brokenIndex));
      assertThat(lab.simulation.elapsed()).as("seed %d", seed).isLessThan(Duration.ofSeconds(3));
    }
  }

  /** Somebody has died, the coordinator asks, and one answers that others have died as well. */
  @Test
  void anAnswerThatNamesTheLivingCostsOnlyWhoGivesIt() {
    List<UnaryOperator<HeldMessage>> lies =
        List.of(
            held -> held.toBuilder().addDead(0).build(),
            held -> held.toBuilder().addDead(4).build(),
            held -> held.toBuilder().addAllSlow(List.of(0, 2, 3, 4)).build(),
            // None of this round: it does not answer at all.
            held -> held.toBuilder().setGeneration(-1).build());
    for (int seed = 0; seed < SEEDS; seed++) {
      for (UnaryOperator<HeldMessage> lie : lies) {
        RoundLab lab = lab(seed);
        lab.brokenIndex = 1;
        boolean[] lied = new boolean[1];
        Meddler _ = liar(lab, (_, frame) -> answered(frame, lie, lied));
        int victim = 2 + seed % 2;
        lab.begin();
        crashSoon(lab, victim);
        lab.finish();
        List<Integer> honest = others(lab).stream().filter(lab::alive).toList();
        lab.finished(honest);
        lab.soundWith(honest);
        assertThat(lied[0]).as("seed %d", seed).isTrue();
        namesNobodyBut(lab, List.of(1, victim));
        assertThat(lab.simulation.elapsed()).as("seed %d", seed).isLessThan(AS_BY_A_DEATH);
      }
    }
  }

  /** All others have lost one; it does not say so, as if it heard it. */
  @Test
  void whoeverKeepsADeathToItselfHoldsNobodyUp() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      Meddler _ =
          liar(lab, (_, frame) -> is(frame, FrameKind.SUSPECT) ? ByteBuffer.allocate(0) : frame);
      // Not the first, or the liar would decide.
      int victim = lab.brokenIndex == 4 ? 1 : Math.max(1, (lab.brokenIndex + 1) % MEMBERS);
      lab.begin();
      crashSoon(lab, victim);
      lab.finish();
      List<Integer> honest = others(lab).stream().filter(lab::alive).toList();
      lab.finished(honest);
      lab.soundWith(honest);
      assertThat(lab.simulation.elapsed()).as("seed %d", seed).isLessThan(Duration.ofSeconds(4));
    }
  }

  /** It begins one generation after the other, and each anew before it is missed. */
  @Test
  void whoeverBeginsAndEndsNothingIsWaitedForOnceOnly() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      Meddler meddler = liar(lab, (_, frame) -> frame);
      lab.begin();
      lab.simulation.runUntil(() -> meddler.links() == MEMBERS - 1, Duration.ofSeconds(1));
      for (int rank = 1; rank <= 30; rank++) {
        int turn = rank;
        lab.simulation.at(
            Duration.ofSeconds(turn - 1),
            () -> say(lab, meddler, List.of(freeze(lab, turn, List.of(), List.of()))));
      }
      lab.finish();
      lab.finished(others(lab));
      lab.soundWith(others(lab), lab.brokenIndex);
      namesNobodyBut(lab, List.of(lab.brokenIndex));
      assertThat(lab.simulation.elapsed()).as("seed %d", seed).isLessThan(AS_BY_A_DEATH);
    }
  }

  @Test
  void whoeverDecidesAgainstWhatItWasToldIsFoundOut() {
    List<BiFunction<RoundLab, RunMessage.Builder, RunMessage.Builder>> lies =
        List.of(
            // Made anew, though all hold it.
            (lab, run) ->
                run.setOwner((lab.brokenIndex + 1) % MEMBERS).setVersion(generation(lab, 1)),
            // Held in a version that there never was.
            (lab, run) -> run.setOwner(lab.brokenIndex).setVersion(generation(lab, 1) - 1));
    for (int seed = 0; seed < SEEDS; seed++) {
      for (int lie = 0; lie < lies.size(); lie++) {
        BiFunction<RoundLab, RunMessage.Builder, RunMessage.Builder> told = lies.get(lie);
        RoundLab lab = lab(seed);
        Meddler meddler = liar(lab, (_, frame) -> frame);
        int[] held = {0};
        lab.whenHeld =
            (member, chunk) -> {
              boolean its = lab.chunks().owner(chunk) == lab.brokenIndex;
              held[0] += its && member != lab.brokenIndex ? 1 : 0;
              if (held[0] == MEMBERS - 1) {
                held[0]++;
                say(
                    lab,
                    meddler,
                    List.of(
                        freeze(lab, 1, List.of(), List.of(lab.brokenIndex)), decided(lab, told)));
              }
            };
        lab.begin().finish();
        lab.finished(others(lab));
        lab.soundWith(others(lab), lab.brokenIndex);
        namesNobodyBut(lab, List.of(lab.brokenIndex));
        assertThat(lab.simulation.elapsed())
            .as("lie %d, seed %d", lie, seed)
            .isLessThan(AS_BY_A_DEATH);
      }
    }
  }

  /** Else the others would wait for it until it is late, and it would be blamed for that. */
  @Test
  void whoeverIsSaidToHoldWhatItDoesNotDecidesItself() {
    for (int seed = 0; seed < SEEDS; seed++) {
      RoundLab lab = lab(seed);
      Meddler meddler = liar(lab, (_, frame) -> frame);
      lab.begin();
      lab.simulation.runUntil(() -> meddler.links() == MEMBERS - 1, Duration.ofSeconds(1));
      say(
          lab,
          meddler,
          List.of(
              freeze(lab, 1, List.of(), List.of(lab.brokenIndex)),
              decided(
                  lab, (_, run) -> run.setOwner((lab.brokenIndex + 1) % MEMBERS).setVersion(0))));
      lab.finish();
      lab.finished(others(lab));
      lab.soundWith(others(lab), lab.brokenIndex);
      namesNobodyBut(lab, List.of(lab.brokenIndex));
      assertThat(lab.simulation.elapsed()).as("seed %d", seed).isLessThan(AS_BY_A_DEATH);
    }
  }

  private static RoundLab lab(int seed) {
    RoundLab lab = new RoundLab(seed).members(MEMBERS);
    lab.brokenIndex = seed % MEMBERS;
    return lab;
  }

  /**
   * @param change by member, what it is sent in place of each buffer
   */
  private static Meddler liar(RoundLab lab, BiFunction<Integer, ByteBuffer, ByteBuffer> change) {
    Meddler meddler =
        new Meddler(
            Rounds.PROTOCOL,
            (stream, frame) -> change.apply(lab.group().indexOf(stream.remote()), frame));
    lab.brokenMember = meddler::around;
    return meddler;
  }

  private static void saySoon(RoundLab lab, Meddler meddler, List<ByteBuffer> frames) {
    lab.simulation.runUntil(() -> meddler.links() == MEMBERS - 1, Duration.ofSeconds(1));
    lab.simulation.at(Duration.ofMillis(lab.random.nextInt(150)), () -> say(lab, meddler, frames));
  }

  private static void say(RoundLab lab, Meddler meddler, List<ByteBuffer> frames) {
    lab.networks.get(lab.brokenIndex).loop().execute(() -> frames.forEach(meddler::say));
  }

  private static void crashSoon(RoundLab lab, int victim) {
    lab.simulation.at(
        Duration.ofMillis(150 + lab.random.nextInt(150)),
        () -> lab.simulation.crash(lab.networks.get(victim)));
  }

  private static List<Integer> from(RoundLab lab, List<Integer> steps) {
    return steps.stream().map(step -> (lab.brokenIndex + step) % MEMBERS).toList();
  }

  private static List<Integer> others(RoundLab lab) {
    return IntStream.range(0, MEMBERS).filter(i -> i != lab.brokenIndex).boxed().toList();
  }

  private static void namesNobodyBut(RoundLab lab, List<Integer> named) {
    for (int member : others(lab)) {
      if (lab.outcome(member) instanceof RoundOutcome.Averaged averaged) {
        assertThat(averaged.faults())
            .as("seed %d, member %d", lab.simulation.seed(), member)
            .allMatch(
                fault ->
                    named.stream()
                        .anyMatch(index -> lab.networks.get(index).self().equals(fault.peer())));
      }
    }
  }

  private static long generation(RoundLab lab, long rank) {
    return rank * Group.MEMBERS_MAX + lab.brokenIndex;
  }

  private static ByteBuffer settled() {
    return Frames.of(FrameKind.SETTLED, DoneMessage.newBuilder().setGeneration(0).build());
  }

  private static ByteBuffer freeze(
      RoundLab lab, long rank, List<Integer> dead, List<Integer> slow) {
    return Frames.of(
        FrameKind.FREEZE,
        FreezeMessage.newBuilder()
            .setGeneration(generation(lab, rank))
            .addAllDead(dead)
            .addAllSlow(slow)
            .build());
  }

  /** About all that the liar was to reduce. */
  private static ByteBuffer decided(
      RoundLab lab, BiFunction<RoundLab, RunMessage.Builder, RunMessage.Builder> told) {
    List<Integer> own = lab.chunks().of(lab.brokenIndex);
    RunMessage.Builder run = RunMessage.newBuilder().setFirst(own.getFirst()).setCount(own.size());
    return Frames.of(
        FrameKind.REASSIGN,
        ReassignMessage.newBuilder()
            .setGeneration(generation(lab, 1))
            .addRuns(told.apply(lab, run))
            .build());
  }

  private static boolean is(ByteBuffer frame, FrameKind kind) {
    return frame.remaining() >= Frames.HEADER_BYTES
        && frame.get(frame.position() + Integer.BYTES) == kind.wireNumber()
        && (frame.remaining() == Frames.HEADER_BYTES
            || frame.getInt(frame.position()) == frame.remaining() - Integer.BYTES);
  }

  private static ByteBuffer answered(
      ByteBuffer frame, UnaryOperator<HeldMessage> lie, boolean[] lied) {
    if (!is(frame, FrameKind.HELD)) {
      return frame;
    }
    try {
      HeldMessage said =
          HeldMessage.parseFrom(
              frame.slice(
                  frame.position() + Frames.HEADER_BYTES, frame.remaining() - Frames.HEADER_BYTES));
      lied[0] = true;
      return Frames.of(FrameKind.HELD, lie.apply(said));
    } catch (InvalidProtocolBufferException e) {
      return frame; // Not one of those after all.
    }
  }
}
