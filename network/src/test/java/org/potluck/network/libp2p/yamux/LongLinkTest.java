package org.potluck.network.libp2p.yamux;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.potluck.network.Stream;

/** How windows grow to what a path holds, and no further than they may. */
class LongLinkTest {
  private static final YamuxOptions OPTIONS = YamuxOptions.DEFAULTS;

  @Test
  void aLongLinkIsUsedFromTheBeginningOn() {
    LongLink link = link(100, 300, OPTIONS);
    link.sendAlways();
    assertThat(link.shareUsed(Duration.ofSeconds(10))).isGreaterThan(0.9);
    assertThat(link.shareUsed(Duration.ofSeconds(10))).isGreaterThan(0.99);
    link.close();
  }

  @Test
  void soIsOneThatIsLongAndWide() {
    LongLink link = link(1000, 200, OPTIONS);
    link.sendAlways();
    assertThat(link.shareUsed(Duration.ofSeconds(5))).isGreaterThan(0.75);
    assertThat(link.shareUsed(Duration.ofSeconds(5))).isGreaterThan(0.95);
    link.close();
  }

  @Test
  void anotherStreamBeginsWithWhatTheFirstHasLearned() {
    LongLink link = link(100, 300, OPTIONS);
    Stream first = link.sendAlways();
    link.pass(Duration.ofSeconds(5));
    first.reset();
    link.pass(Duration.ofSeconds(1));
    link.sendAlways();
    assertThat(link.shareUsed(Duration.ofSeconds(3))).isGreaterThan(0.8);
    link.close();
  }

  @Test
  void aStreamDoesNotStallWhileUpdatesWaitBehindTheReceiversOwnData() {
    LongLink link = link(20, 2, OPTIONS);
    link.queueBack = Duration.ofMillis(400);
    link.sendAlways();
    link.pass(Duration.ofSeconds(2));
    assertThat(link.shareUsed(Duration.ofSeconds(10))).isGreaterThan(0.99);
    link.close();
  }

  @Test
  void aShortLinkNeedsNoMoreThanASmallWindow() {
    WindowBudget budget = new WindowBudget(OPTIONS.growthBytesMax());
    LongLink link = new LongLink(20, Duration.ofMillis(20), OPTIONS, budget);
    link.sendAlways();
    assertThat(link.shareUsed(Duration.ofSeconds(30))).isGreaterThan(0.99);
    assertThat(OPTIONS.growthBytesMax() - budget.left()).isLessThanOrEqualTo(4 << 20);
    link.close();
  }

  @Test
  void windowsKeepToTheirBounds() {
    YamuxOptions narrow = new YamuxOptions(64, 1 << 20, 4L << 20, 6L << 20, 1 << 20, 256 << 10);
    WindowBudget budget = new WindowBudget(narrow.growthBytesMax());
    List<LongLink> links = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      LongLink link = new LongLink(1000, Duration.ofMillis(300), narrow, budget);
      links.add(link);
      for (int stream = 0; stream < 8; stream++) {
        link.sendAlways();
      }
      link.pass(Duration.ofSeconds(5));
      link.sinks.forEach(sink -> sink.stream.pauseReading());
      link.pass(Duration.ofSeconds(5));
      long before = link.taken();
      link.sinks.forEach(sink -> sink.stream.resumeReading());
      assertThat(link.taken() - before)
          .as("bytes held for readers that pause")
          .isBetween(1L << 20, narrow.windowsBytesMax());
    }
    assertThat(budget.left()).isZero();
    links.forEach(LongLink::close);
    assertThat(budget.left()).as("given back").isEqualTo(narrow.growthBytesMax());
  }

  private static LongLink link(double megabits, int milliseconds, YamuxOptions options) {
    return new LongLink(
        megabits,
        Duration.ofMillis(milliseconds),
        options,
        new WindowBudget(options.growthBytesMax()));
  }
}
