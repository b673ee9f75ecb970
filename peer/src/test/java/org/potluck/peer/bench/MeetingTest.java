package org.potluck.peer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.averaging.codec.CodecId;
import org.potluck.peer.bench.worker.Split;

/** With real processes and real sockets. */
class MeetingTest {
  private static final List<Meeting.Guest> GUESTS =
      List.of(new Meeting.Guest(1, 1e6, 1e6), new Meeting.Guest(2, 1e6, 1e6));

  @Test
  void twoProcessesAverageWithEverySplitAndTheirPlainSocketsMoveBytes() throws Exception {
    try (Crew crew = Crew.start(Crew.Berth.here(2))) {
      Meeting meeting = new Meeting(crew, GUESTS, List.of(List.of(0, 1)), 100_000, CodecId.FLOAT16);
      for (Split split : Split.values()) {
        Meeting.Round round = meeting.round(split);
        assertThat(round.whole()).isTrue();
        assertThat(round.seconds()).isPositive();
        assertThat(round.effort().processor()).isPositive();
      }
      crew.connect();
      int[][] bytes = meeting.bytesOfEqualSpans();
      assertThat(bytes[0][1]).isEqualTo(200_000);
      assertThat(RawMoves.move(crew, bytes).seconds()).isPositive();
    }
  }

  @Test
  void guestsGoOnWithLongerVectorsInTheNextEpoch() throws Exception {
    try (Crew crew = Crew.start(Crew.Berth.here(2))) {
      Meeting first = new Meeting(crew, GUESTS, List.of(List.of(0, 1)), 10_000, CodecId.FLOAT16);
      Meeting.Round _ = first.round(Split.PLAN);
      Meeting longer = first.continuedWith(100_000);
      assertThat(longer.round(Split.PLAN).whole()).isTrue();
      assertThat(longer.bytesOfEqualSpans()[0][1]).isEqualTo(200_000);
    }
  }

  @Test
  void anAverageOfOthersThanAssumedIsNotReported() throws Exception {
    try (Crew crew = Crew.start(Crew.Berth.here(2))) {
      Meeting meeting = new Meeting(crew, GUESTS, List.of(List.of(0, 1)), 10_000, CodecId.FLOAT16);
      Meeting.Round _ = meeting.round(Split.PLAN);
      assertThatThrownBy(() -> meeting.check(List.of(0, 1), List.of(0), List.of()))
          .isInstanceOf(BenchException.class)
          .hasMessageContaining("a value is off by");
    }
  }

  @Test
  void aLostWorkerIsReplacedAndTheNextRoundIsWholeAgain() throws Exception {
    try (Crew crew = Crew.start(Crew.Berth.here(2))) {
      Meeting meeting = new Meeting(crew, GUESTS, List.of(List.of(0, 1)), 10_000, CodecId.FLOAT16);
      String before = crew.peer(1);
      crew.replace(1);
      assertThat(crew.peer(1)).isNotEqualTo(before);
      assertThat(meeting.round(Split.PLAN).whole()).isTrue();
    }
  }
}
