package org.potluck.tests.tidiness;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** All sources are formatted by google-java-format; {@code scripts/format} does it. */
class FormattingTest {
  @Test
  void sourcesAreFormatted() throws IOException, FormatterException {
    Formatter formatter = new Formatter(JavaFormatterOptions.defaultOptions());
    List<String> unformatted = new ArrayList<>();
    for (Path file : sources()) {
      String source = Files.readString(file);
      if (!formatter.formatSourceAndFixImports(source).equals(source)) {
        unformatted.add(Repository.root().relativize(file).toString());
      }
    }
    assertThat(unformatted).as("run scripts/format").isEmpty();
  }

  /**
   * A ratchet: it goes down as files are split, never up. The longest now is averaging's
   * Matchmaker.
   */
  @Test
  void filesStaySmallEnoughToKnow() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (Path file : sources()) {
      long lines;
      try (Stream<String> text = Files.lines(file)) {
        lines = text.count();
      }
      if (lines > 570) {
        tooLong.add(Repository.root().relativize(file) + ": " + lines);
      }
    }
    assertThat(tooLong).isEmpty();
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(Repository.root())) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> file.toString().contains("/src/"))
          .filter(file -> !file.toString().contains("/target/"))
          .filter(file -> !file.toString().contains("/node_modules/"))
          .sorted()
          .toList();
    }
  }
}
