package org.potluck.peer.run;

import java.time.Duration;
import java.util.Locale;

/** How long something takes, for people: two digits that count, with their unit. */
final class Times {
  private Times() {}

  /** For instance {@code 340 ms}, {@code 2.4 s}, {@code 48 s}, {@code 3 min 5 s}, {@code 2 h}. */
  static String of(Duration time) {
    long millis = Math.max(0, time.toMillis());
    if (millis < 995) {
      return (millis < 100 ? millis : Math.round(millis / 10.0) * 10) + " ms";
    }
    if (millis < 9_950) {
      return String.format(Locale.ROOT, "%.1f s", millis / 1e3);
    }
    long seconds = Math.round(millis / 1e3);
    if (seconds < 90) {
      return seconds + " s";
    }
    long minutes = Math.round(seconds / 60.0);
    if (seconds < 600) {
      return both(seconds / 60, "min", seconds % 60, "s");
    }
    return minutes < 90 ? minutes + " min" : both(minutes / 60, "h", minutes % 60, "min");
  }

  private static String both(long many, String unit, long few, String smallerUnit) {
    return many + " " + unit + (few == 0 ? "" : " " + few + " " + smallerUnit);
  }
}
