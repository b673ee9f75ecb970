package org.potluck.peer.run;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * How a long job tells its owner where it is: on a terminal one line that is rewritten, with what
 * happens printed above it; in a file or a pipe a line now and then.
 *
 * <p>Safe for any thread, because Ctrl-C speaks from one of its own.
 */
public final class Ticker {
  private static final Duration REWRITE_EVERY = Duration.ofMillis(500);
  private static final Duration PRINT_EVERY = Duration.ofSeconds(10);

  private final PrintStream out;
  private final String name;
  private final boolean rewrites;
  private final Duration every;
  private final InstantSource clock;
  private Instant last = Instant.MIN;
  private int width;
  private String said = "";
  private Instant saidAt = Instant.MIN;
  private int repeats;

  Ticker(PrintStream out, String name, boolean rewrites, Duration every, InstantSource clock) {
    this.out = out;
    this.name = name;
    this.rewrites = rewrites;
    this.every = every;
    this.clock = clock;
  }

  @SuppressWarnings("SystemConsoleNull") // null checkers still take it for possible
  private static boolean onTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** A line that is rewritten where standard output is a terminal, lines elsewhere. */
  public static Ticker usual() {
    boolean terminal = onTerminal();
    return new Ticker(
        System.out, "", terminal, terminal ? REWRITE_EVERY : PRINT_EVERY, InstantSource.system());
  }

  /** The same on standard error, for jobs whose standard output is their result. */
  public static Ticker onErrors() {
    boolean terminal = onTerminal();
    return new Ticker(
        System.err, "", terminal, terminal ? REWRITE_EVERY : PRINT_EVERY, InstantSource.system());
  }

  /** Lines that begin with {@code name}, for several peers that share a terminal. */
  public static Ticker named(String name, Duration every) {
    return new Ticker(System.out, "%-10s ".formatted(name), false, every, InstantSource.system());
  }

  /** Where the job is; asked for only when it is time to show it. */
  public synchronized void at(Supplier<String> status) {
    Instant now = clock.instant();
    if (!last.equals(Instant.MIN) && Duration.between(last, now).compareTo(every) < 0) {
      return;
    }
    last = now;
    String text = name + status.get();
    if (rewrites) {
      out.print("\r" + text + " ".repeat(Math.max(0, width - text.length())));
      out.flush();
      width = text.length();
    } else {
      out.println(text);
    }
  }

  /**
   * Something that happened and stays to be read. What happens over and over is counted, and said
   * every {@link #PRINT_EVERY}.
   */
  public synchronized void say(String line) {
    Instant now = clock.instant();
    if (line.equals(said)) {
      repeats++;
      if (Duration.between(saidAt, now).compareTo(PRINT_EVERY) < 0) {
        return;
      }
    }
    if (repeats > 0) {
      print("(%d more: %s)".formatted(repeats, said));
      repeats = 0;
    }
    if (!line.equals(said)) {
      print(line);
      said = line;
    }
    saidAt = now;
  }

  /** Takes the line that is rewritten off the terminal. */
  public synchronized void clear() {
    if (width > 0) {
      out.print("\r" + " ".repeat(width) + "\r");
      out.flush();
      width = 0;
    }
  }

  private void print(String line) {
    clear();
    out.println(name + line);
  }
}
