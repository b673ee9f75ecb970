package org.potluck.monitor;

import java.util.List;

/**
 * Keeps what strangers say short: texts are cut to a stated length and lose their control
 * characters.
 */
final class Clip {
  static final int NAME = 64;
  static final int SENTENCE = 500;
  static final int TEXT = 4_000;

  private Clip() {}

  /** One line of at most {@code charactersMax} characters. */
  static String line(String text, int charactersMax) {
    return cut(text, charactersMax)
        .replaceAll("[\\p{Cntrl}\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069]", " ")
        .strip();
  }

  /** At most {@code charactersMax} characters that may span lines. */
  static String text(String text, int charactersMax) {
    return cut(text, charactersMax)
        .replaceAll("[\\p{Cntrl}&&[^\\n\\t]]|[\\u202A-\\u202E\\u2066-\\u2069]", " ");
  }

  static List<String> lines(List<String> lines, int linesMax, int charactersMax) {
    return lines.stream().limit(linesMax).map(line -> line(line, charactersMax)).toList();
  }

  private static String cut(String text, int charactersMax) {
    if (text.length() <= charactersMax) {
      return text;
    }
    boolean splitsPair = Character.isHighSurrogate(text.charAt(charactersMax - 2));
    return text.substring(0, charactersMax - (splitsPair ? 2 : 1)) + "…";
  }
}
