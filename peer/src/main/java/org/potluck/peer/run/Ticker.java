package org.potluck.peer.run;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a long job tells its owner where it is: on a terminal one line that is rewritten, with what
 * happens printed above it; in a file or a pipe a line now and then.
 *
 * <p>Safe for any thread, because Ctrl-C speaks from one of its own.
 */
public final class Ticker {
  private static final Duration REWRITE_EVERY = Duration.ofMillis(500);
  private static final Duration PRINT_EVERY = Duration.ofSeconds(10);

  /**
   * Cuts what follows at the right edge instead of wrapping it, where a carriage return could not
   * undo it.
   */
  private static final String NO_WRAP = "\u001b[?7l";

  private static final String WRAP = "\u001b[?7h";
  private static final String ERASE_REST = "\u001b[K";

  private final PrintStream out;
  private final String name;
  private final Style style;
  private final Duration every;
  private final InstantSource clock;
  private Instant last = Instant.MIN;
  private int width;
  private String said = "";
  private Instant saidAt = Instant.MIN;
  private int repeats;

  /** What the place that is written to can do. */
  enum Style {
    /** A terminal as nearly all are, which knows a few control sequences of ECMA-48. */
    TERMINAL,
    /** A terminal of which nothing is known but that it can begin a line again. */
    PLAIN_TERMINAL,
    /** A file, a pipe, or a terminal that can do nothing. */
    LINES
  }

  Ticker(PrintStream out, String name, Style style, Duration every, InstantSource clock) {
    this.out = out;
    this.name = name;
    this.style = style;
    this.every = every;
    this.clock = clock;
  }

  @SuppressWarnings("SystemConsoleNull") // null checkers still take it for possible
  private static Style style() {
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    return style(terminal, System.getenv("TERM"));
  }

  /**
   * @param kind as the variable {@code TERM} names it; Windows has none
   */
  static Style style(boolean terminal, @Nullable String kind) {
    if (!terminal || "dumb".equals(kind)) {
      return Style.LINES;
    }
    return kind == null || kind.isBlank() ? Style.PLAIN_TERMINAL : Style.TERMINAL;
  }

  private static Ticker on(PrintStream out) {
    Style style = style();
    Duration every = style == Style.LINES ? PRINT_EVERY : REWRITE_EVERY;
    return new Ticker(out, "", style, every, InstantSource.system());
  }

  /** A line that is rewritten where standard output is a terminal, lines elsewhere. */
  public static Ticker usual() {
    return on(System.out);
  }

  /** The same on standard error, for jobs whose standard output is their result. */
  public static Ticker onErrors() {
    return on(System.err);
  }

  /** Lines that begin with {@code name}, for several peers that share a terminal. */
  public static Ticker named(String name, Duration every) {
    return new Ticker(
        System.out, "%-10s ".formatted(name), Style.LINES, every, InstantSource.system());
  }

  /** Where the job is; asked for only when it is time to show it. */
  public synchronized void at(Supplier<String> status) {
    Instant now = clock.instant();
    if (!last.equals(Instant.MIN) && Duration.between(last, now).compareTo(every) < 0) {
      return;
    }
    last = now;
    String text = name + status.get();
    switch (style) {
      case TERMINAL -> out.print("\r" + NO_WRAP + text + ERASE_REST + WRAP);
      case PLAIN_TERMINAL ->
          out.print("\r" + text + " ".repeat(Math.max(0, width - text.length())));
      case LINES -> out.println(text);
    }
    if (style != Style.LINES) {
      out.flush();
      width = text.length();
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
      out.print("\r" + (style == Style.TERMINAL ? ERASE_REST : " ".repeat(width) + "\r"));
      out.flush();
      width = 0;
    }
  }

  private void print(String line) {
    clear();
    out.println(name + line);
  }
}
