package org.potluck.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FeedTest {
  private final Feed feed = new Feed(1_000_000);

  @Test
  void dropsTheReaderThatFallsBehindAndKeepsTheOthers() throws Exception {
    Feed.Reader slow = feed.subscribe(null).orElseThrow();
    Feed.Reader quick = feed.subscribe(null).orElseThrow();
    for (int i = 0; i < Feed.QUEUED_MAX + 1; i++) {
      feed.publish("epoch", "{}");
      assertThat(quick.await(0)).isPresent();
    }
    assertThat(slow.ended()).isTrue();
    assertThat(slow.await(0)).isEmpty();
    assertThat(quick.ended()).isFalse();
    assertThat(feed.dropped()).isEqualTo(1);
    assertThat(feed.readers()).isEqualTo(1);
  }

  @Test
  void boundsBytesToo() {
    Feed.Reader slow = feed.subscribe(null).orElseThrow();
    String large = "x".repeat((int) (Feed.BYTES_MAX / 4));
    for (int i = 0; i < 5; i++) {
      feed.publish("peers", large);
    }
    assertThat(slow.ended()).isTrue();
  }

  @Test
  void givesAReturningReaderExactlyWhatItMissed() throws Exception {
    feed.publish("epoch", "1");
    String seen = feed.lastId();
    feed.publish("epoch", "2");
    feed.publish("epoch", "3");
    assertThat(rest(feed.subscribe(seen).orElseThrow())).containsExactly("2", "3");
    assertThat(rest(feed.subscribe(feed.lastId()).orElseThrow())).isEmpty();
  }

  @Test
  void tellsAReaderThatWasAwayTooLongToStartOver() throws Exception {
    feed.publish("epoch", "{}");
    String seen = feed.lastId();
    for (int i = 0; i < Feed.QUEUED_MAX + 1; i++) {
      feed.publish("epoch", "{}");
    }
    for (String id : List.of(seen, "zz-1", "nonsense", feed.lastId() + "0")) {
      assertThat(feed.subscribe(id).orElseThrow().await(0).map(Feed.Frame::type))
          .as(id)
          .contains("reset");
    }
  }

  @Test
  void refusesReadersBeyondItsBound() {
    for (int i = 0; i < Feed.READERS_MAX; i++) {
      assertThat(feed.subscribe(null)).isPresent();
    }
    assertThat(feed.subscribe(null)).isEmpty();
  }

  private static List<String> rest(Feed.Reader reader) throws InterruptedException {
    List<String> rest = new ArrayList<>();
    for (Optional<Feed.Frame> frame = reader.await(0); frame.isPresent(); frame = reader.await(0)) {
      rest.add(frame.get().json());
    }
    return rest;
  }
}
