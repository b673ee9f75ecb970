package org.potluck.peer.bench;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/** What a benchmark found, as {@code --json FILE} writes it and as people read it. */
public record BenchReport(String bench, Machine machine, List<BenchCase> cases) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public BenchReport {
    cases = List.copyOf(cases);
  }

  /** Writes to a neighbouring file first, so that a reader never sees half a report. */
  public void write(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path draft = absolute.resolveSibling(absolute.getFileName() + ".part");
    JSON.writeValue(draft.toFile(), this);
    Files.move(draft, absolute, StandardCopyOption.REPLACE_EXISTING);
  }

  /** One line per metric, under the name of its case. */
  public String table() {
    int width =
        cases.stream()
            .flatMap(one -> one.metrics().keySet().stream())
            .mapToInt(String::length)
            .max()
            .orElse(0);
    StringBuilder text = new StringBuilder();
    for (BenchCase one : cases) {
      text.append(String.format("%n%s%n", one.name()));
      one.metrics()
          .forEach(
              (metric, value) ->
                  text.append(String.format("  %-" + width + "s  %12s%n", metric, figure(value))));
    }
    return text.toString();
  }

  /** Four digits that count, and never an exponent for what is at home here. */
  static String figure(double value) {
    double size = Math.abs(value);
    int decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }
}
