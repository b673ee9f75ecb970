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
    Ticker ticker = ticker("", Ticker.Style.PLAIN_TERMINAL);
    ticker.at(() -> "epoch 10");
    now = now.plusSeconds(1);
    ticker.at(() -> "done");
    ticker.say("saved");
    assertThat(said()).isEqualTo("\repoch 10\rdone    \r    \rsaved\n");
  }

  @Test
  void takesItsLineAwayBeforeTheResult() {
    Ticker ticker = ticker("", Ticker.Style.PLAIN_TERMINAL);
    ticker.at(() -> "half");
    ticker.clear();
    ticker.clear();
    assertThat(said()).isEqualTo("\rhalf\r    \r");
  }

  @Test
  void printsALineNowAndThenElsewhere() {
    Ticker ticker = ticker("ann ", Ticker.Style.LINES);
    for (int i = 0; i < 25; i++) {
      int second = i;
      ticker.at(() -> "second " + second);
      now = now.plusSeconds(1);
    }
    assertThat(said()).isEqualTo("ann second 0\nann second 10\nann second 20\n");
  }

  @Test
  void countsWhatHappensOverAndOver() {
    Ticker ticker = ticker("", Ticker.Style.LINES);
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

  /** Otherwise a line longer than the terminal is wide fills it, one row more each time. */
  @Test
  void cutsItsLineAtTheEdgeOfATerminal() {
    Ticker ticker = ticker("", Ticker.Style.TERMINAL);
    ticker.at(() -> "epoch 10");
    ticker.say("saved");
    assertThat(said()).isEqualTo("\r\u001b[?7lepoch 10\u001b[K\u001b[?7h\r\u001b[Ksaved\n");
  }

  @Test
  void printsLinesWhereATerminalCanDoNothing() {
    assertThat(Ticker.style(true, "xterm-256color")).isEqualTo(Ticker.Style.TERMINAL);
    assertThat(Ticker.style(true, null)).isEqualTo(Ticker.Style.PLAIN_TERMINAL);
    assertThat(Ticker.style(true, "dumb")).isEqualTo(Ticker.Style.LINES);
    assertThat(Ticker.style(false, "xterm")).isEqualTo(Ticker.Style.LINES);
  }

  private Ticker ticker(String name, Ticker.Style style) {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new Ticker(
        out, name, style, Duration.ofSeconds(style == Ticker.Style.LINES ? 10 : 1), () -> now);
  }

  private String said() {
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }
}
