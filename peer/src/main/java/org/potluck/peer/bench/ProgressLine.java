package org.potluck.peer.bench;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;

/**
 * Says on standard error what is being measured and how long it will take: one line that counts on
 * a terminal, one line per part elsewhere.
 */
final class ProgressLine implements AutoCloseable {
  private static final Duration EVERY = Duration.ofMillis(500);

  private final PrintStream to;
  private final boolean terminal;
  private final Thread ticker;
  private String what = "";
  private Duration estimate = Duration.ZERO;
  private long sinceNanos;

  private ProgressLine(PrintStream to, boolean terminal) {
    this.to = to;
    this.terminal = terminal;
    ticker = Thread.ofVirtual().name("progress").unstarted(this::tick);
  }

  static ProgressLine start() {
    boolean terminal =
        Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    ProgressLine line = new ProgressLine(System.err, terminal);
    if (line.terminal) {
      line.ticker.start();
    }
    return line;
  }

  synchronized void begin(int part, int parts, Bench.Part now) {
    what = "[%d/%d] %s: %s".formatted(part, parts, String.join(", ", now.cases()), now.what());
    estimate = now.estimate();
    sinceNanos = System.nanoTime();
    if (!terminal) {
      to.printf("%s, about %s%n", what, text(estimate));
    }
  }

  private void tick() {
    try {
      while (true) {
        synchronized (this) {
          if (!what.isEmpty()) {
            Duration spent = Duration.ofNanos(System.nanoTime() - sinceNanos);
            to.printf("\r\033[K%s, %s of about %s", what, text(spent), text(estimate));
            to.flush();
          }
        }
        Thread.sleep(EVERY);
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  private static String text(Duration time) {
    long seconds = time.toSeconds();
    return seconds < 60 ? seconds + " s" : "%d min %02d s".formatted(seconds / 60, seconds % 60);
  }

  @Override
  public void close() {
    ticker.interrupt();
    synchronized (this) {
      if (terminal) {
        to.print("\r\033[K");
        to.flush();
      }
      what = "";
    }
  }
}
