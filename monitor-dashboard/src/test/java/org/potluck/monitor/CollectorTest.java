package org.potluck.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.potluck.monitor.history.History;

final class CollectorTest {
  private static final int EPOCHS = 100;
  private static final long LONG_MILLIS = 60_000;

  /**
   * A page fetches the state and then listens from the newest event that the state covers. What it
   * is told before the history holds it, a page that comes at that moment never shows.
   */
  @Test
  void tellsOfNothingThatTheStateDoesNotHold() throws SQLException, InterruptedException {
    var dropped = new AtomicLong();
    var clock = InstantSource.fixed(Examples.START);
    var feed = new Feed(1);
    try (History history = History.open(Optional.empty())) {
      var board = new Board(history, feed, clock);
      Feed.Reader page = feed.subscribe(null).orElseThrow();
      try (var collector =
          new Collector(board, feed, new Meters(feed, dropped), history, clock, dropped)) {
        collector.run(Examples.run("run-a"));
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
          collector.epoch(Examples.epoch(epoch, Examples.START));
          Feed.Frame told = next(page, "epoch");
          assertThat(board.epochs(epoch, epoch)).isEqualTo("[" + told.json() + "]");
        }
      }
    }
  }

  private static Feed.Frame next(Feed.Reader page, String type) throws InterruptedException {
    while (true) {
      Feed.Frame frame = page.await(LONG_MILLIS).orElseThrow();
      if (frame.type().equals(type)) {
        return frame;
      }
    }
  }
}
