package org.potluck.peer.manifest;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Finds the first setting that no record component carries, with its line.
 *
 * <p>Jackson builds a record before it looks at what was left over, so a misspelt setting would be
 * reported as the one that is missing, at the wrong line.
 */
final class UnknownSettings {
  private UnknownSettings() {}

  /** Reads {@code parser} to its end; throws when a setting is not known where it stands. */
  static void refuse(JsonParser parser, Class<?> root, String file)
      throws IOException, ManifestException {
    Deque<Map<String, Class<?>>> open = new ArrayDeque<>();
    Class<?> next = root;
    for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
      switch (token) {
        case START_OBJECT -> open.push(settings(next));
        case END_OBJECT -> open.pop();
        case START_ARRAY -> parser.skipChildren();
        case FIELD_NAME -> {
          Map<String, Class<?>> known = open.element();
          Class<?> type = known.get(parser.currentName());
          if (type == null && !known.isEmpty()) {
            throw new ManifestException(
                "%s:%d: unknown setting '%s'; known here: %s"
                    .formatted(
                        file,
                        parser.currentTokenLocation().getLineNr(),
                        parser.currentName(),
                        String.join(", ", known.keySet())));
          }
          next = type == null ? Object.class : type;
        }
        default -> {}
      }
    }
  }

  private static Map<String, Class<?>> settings(Class<?> record) {
    Map<String, Class<?>> settings = new LinkedHashMap<>();
    if (record.isRecord()) {
      for (RecordComponent component : record.getRecordComponents()) {
        settings.put(name(component, record), component.getType());
      }
    }
    return settings;
  }

  private static String name(RecordComponent component, Class<?> record) {
    return Arrays.stream(record.getDeclaredConstructors()[0].getParameters())
        .filter(parameter -> parameter.getName().equals(component.getName()))
        .map(parameter -> parameter.getAnnotation(JsonProperty.class))
        .filter(annotation -> annotation != null && !annotation.value().isEmpty())
        .map(JsonProperty::value)
        .findFirst()
        .orElse(component.getName());
  }
}
