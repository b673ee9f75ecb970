package org.potluck.peer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TickerTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private Instant now = Instant.EPOCH;

  @Test
  void rewritesOneLineAndPrintsEventsAboveIt() {
    Ticker ticker = ticker("", true);
    ticker.at(() -> "epoch 10");
    now = now.plusSeconds(1);
    ticker.at(() -> "done");
    ticker.say("saved");
    assertThat(said()).isEqualTo("\repoch 10\rdone    \r    \rsaved\n");
  }

  @Test
  void takesItsLineAwayBeforeTheResult() {
    Ticker ticker = ticker("", true);
    ticker.at(() -> "half");
    ticker.clear();
    ticker.clear();
    assertThat(said()).isEqualTo("\rhalf\r    \r");
  }

  @Test
  void printsALineNowAndThenElsewhere() {
    Ticker ticker = ticker("ann ", false);
    for (int i = 0; i < 25; i++) {
      int second = i;
      ticker.at(() -> "second " + second);
      now = now.plusSeconds(1);
    }
    assertThat(said()).isEqualTo("ann second 0\nann second 10\nann second 20\n");
  }

  @Test
  void countsWhatHappensOverAndOver() {
    Ticker ticker = ticker("", false);
    for (int i = 0; i < 25; i++) {
      ticker.say("no average");
      now = now.plusSeconds(1);
    }
    ticker.say("saved");
    ticker.say("no average");
    assertThat(said())
        .isEqualTo(
            """
            no average
            (10 more: no average)
            (10 more: no average)
            (4 more: no average)
            saved
            no average
            """);
  }

  private Ticker ticker(String name, boolean rewrites) {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new Ticker(out, name, rewrites, Duration.ofSeconds(rewrites ? 1 : 10), () -> now);
  }

  private String said() {
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }
}
