package org.potluck.peer.cli;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code 45s}, {@code 5m}, {@code 2h}, or plain seconds. */
final class TimeConverter implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    try {
      Duration duration =
          text.matches("\\d+")
              ? Duration.ofSeconds(Long.parseLong(text))
              : Duration.parse("PT" + text);
      if (duration.isPositive()) {
        return duration;
      }
    } catch (ArithmeticException | DateTimeParseException e) {
      // Said below in the person's own terms.
    }
    throw new TypeConversionException("'" + text + "' is not a time such as 45s, 5m or 2h");
  }
}
