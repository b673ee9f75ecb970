package org.potluck.peer.simulate;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is wrong with a setting, in the words of whoever wrote it. */
final class SettingTrouble {
  private static final Pattern LINE = Pattern.compile("\\bline (\\d+)");
  private static final Pattern CAMEL = Pattern.compile("(?<=[a-z])([A-Z])(?=[a-z])");

  private SettingTrouble() {}

  /** Where the text is no YAML at all: {@code :<line>: <what>}. */
  static String syntax(JacksonException e) {
    String message = String.valueOf(e.getOriginalMessage());
    String line = e.getLocation() == null ? "1" : "" + e.getLocation().getLineNr();
    // The last place that the parser names is where it stumbled, the others what it was in.
    for (Matcher named = LINE.matcher(message); named.find(); ) {
      line = named.group(1);
    }
    String what =
        message
            .lines()
            // Where it was, and a picture of it.
            .filter(each -> !each.startsWith(" ") && !each.startsWith("Reference"))
            .limit(2)
            .collect(Collectors.joining(", "));
    return ":" + line + ": " + what;
  }

  static String explain(JsonMappingException e, List<String> path, ObjectMapper mapper) {
    if (e.getCause() instanceof IllegalArgumentException cause && cause.getMessage() != null) {
      return kebab(cause.getMessage());
    }
    String setting = "'" + String.join(".", path) + "'";
    if (e instanceof InvalidFormatException wrong) {
      return setting + " must be " + wanted(wrong, mapper) + ", not '" + wrong.getValue() + "'";
    }
    if (e instanceof MismatchedInputException wrong) {
      return setting + " must be " + wanted(wrong, mapper);
    }
    return setting + ": " + firstLine(e.getOriginalMessage());
  }

  private static String wanted(MismatchedInputException e, ObjectMapper mapper) {
    @Nullable Class<?> type = e.getTargetType();
    if (type == null) {
      return "something else: " + firstLine(e.getOriginalMessage());
    }
    if (type.isEnum()) {
      return "one of "
          + Arrays.stream(type.getEnumConstants())
              .map(constant -> name(constant, mapper))
              .collect(Collectors.joining(", "));
    }
    return switch (type.getSimpleName()) {
      case "int", "long" -> "a whole number";
      case "double" -> "a number";
      case "boolean" -> "true or false";
      case "String" -> "a text";
      case "Duration" -> "a time such as 250ms, 30s, 5m or 2h";
      default -> "given, or left out with its name";
    };
  }

  private static String name(Object constant, ObjectMapper mapper) {
    try {
      return mapper
          .treeToValue(mapper.valueToTree(constant), String.class)
          .toLowerCase(Locale.ROOT)
          .replace('_', '-');
    } catch (JsonProcessingException e) {
      return constant.toString();
    }
  }

  /** The records' names as the file writes them. */
  private static String kebab(String message) {
    return CAMEL
        .matcher(message)
        .replaceAll(match -> "-" + match.group(1).toLowerCase(Locale.ROOT));
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("cannot be understood");
  }
}
