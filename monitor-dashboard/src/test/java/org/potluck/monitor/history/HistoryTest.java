package org.potluck.monitor.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class HistoryTest {
  @Test
  void spreadsPointsEvenlyAndKeepsTheNewest() throws Exception {
    try (History history = History.open(Optional.empty())) {
      history.write(entries(Kind.EPOCH, 1_000));
      List<String> points = history.spread("run", Kind.EPOCH, 0, Long.MAX_VALUE, 100);
      assertThat(points).hasSize(100).endsWith("999").contains("9", "499");
      assertThat(history.spread("run", Kind.EPOCH, 10, 19, 100)).hasSize(10);
      assertThat(history.spread("other", Kind.EPOCH, 0, 2_000, 100)).isEmpty();
    }
  }

  @Test
  void dropsTheOldestOfAFullKind() throws Exception {
    try (History history = History.open(Optional.empty())) {
      history.write(entries(Kind.NOTICE, 3_000));
      history.trim("run");
      List<String> left = history.newest("run", Kind.NOTICE, 0, Long.MAX_VALUE, 10_000);
      assertThat(left).hasSize(Kind.NOTICE.entriesMax).startsWith("1000").endsWith("2999");
    }
  }

  @Test
  void thinsTheOlderPartOfAFullThinnedKind() throws Exception {
    try (History history = History.open(Optional.empty())) {
      history.write(entries(Kind.PEERS, 1_200));
      history.trim("run");
      List<String> left = history.newest("run", Kind.PEERS, 0, Long.MAX_VALUE, 10_000);
      assertThat(left)
          .hasSize(Kind.PEERS.entriesMax)
          .startsWith("0", "2", "4")
          .endsWith("1198", "1199");
    }
  }

  @Test
  void neverDeletesMoreThanTheSurplus() {
    for (int size : new int[] {1_063, 1_999, 2_000, 2_001, 5_000}) {
      List<Long> positions = LongStream.range(0, size).boxed().toList();
      assertThat(History.surplus(positions, Kind.PEERS))
          .hasSize(size - 1_000)
          .doesNotContain(size - 1L)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void writingAPlaceAgainReplacesIt() throws Exception {
    try (History history = History.open(Optional.empty())) {
      history.write(
          List.of(
              new Entry("run", Kind.ROUND, 5, 1, "first"),
              new Entry("run", Kind.ROUND, 5, 1, "second")));
      assertThat(history.newest("run", Kind.ROUND, 0, 10, 10)).containsExactly("second");
      assertThat(history.lastPosition(Kind.ROUND)).isEqualTo(5);
    }
  }

  private static List<Entry> entries(Kind kind, int number) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      entries.add(new Entry("run", kind, i, i, Integer.toString(i)));
    }
    return entries;
  }
}
