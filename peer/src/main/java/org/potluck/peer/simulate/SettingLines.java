package org.potluck.peer.simulate;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.potluck.peer.manifest.ManifestException;

/** In which line each setting of a file stands; refuses those that no record carries. */
final class SettingLines {
  private static final KebabCaseStrategy KEBAB = new KebabCaseStrategy();

  private final Map<String, Integer> lines = new HashMap<>();
  private final String file;

  private SettingLines(String file) {
    this.file = file;
  }

  /** Reads {@code parser} to its end, against the components of {@code root}. */
  static SettingLines read(JsonParser parser, Class<?> root, String file)
      throws IOException, ManifestException {
    SettingLines all = new SettingLines(file);
    if (parser.nextToken() != null) {
      all.value(parser, root, List.of());
      if (parser.nextToken() != null) {
        throw all.wrong(parser, "here a second document begins; a file is one scenario");
      }
    }
    return all;
  }

  /** {@code :<line>} of a setting, or of the nearest that holds it and stands in the file. */
  String of(List<String> path) {
    for (int length = path.size(); length > 0; length--) {
      Integer line = lines.get(String.join(".", path.subList(0, length)));
      if (line != null) {
        return ":" + line;
      }
    }
    return "";
  }

  private void value(JsonParser parser, Type type, List<String> path)
      throws IOException, ManifestException {
    lines.put(String.join(".", path), parser.currentTokenLocation().getLineNr());
    boolean list = parser.currentToken() == JsonToken.START_ARRAY;
    boolean group = parser.currentToken() == JsonToken.START_OBJECT;
    if (group && type instanceof ParameterizedType) {
      throw wrong(parser, name(path) + " is a list; let each of its parts begin with '- '");
    }
    if (list && !(type instanceof ParameterizedType)) {
      throw wrong(parser, name(path) + " is no list");
    }
    if (list) {
      Type element = elementOf(type);
      for (int index = 0; parser.nextToken() != JsonToken.END_ARRAY; index++) {
        value(parser, element, extended(path, Integer.toString(index)));
      }
    } else if (group) {
      Map<String, Type> known = settings(type);
      Set<String> given = new HashSet<>();
      if (known.isEmpty()) {
        throw wrong(parser, name(path) + " is one value, no group of settings");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        Type inner = known.get(name);
        if (inner == null) {
          throw wrong(
              parser,
              "unknown setting '%s'; known here: %s"
                  .formatted(name, String.join(", ", known.keySet())));
        }
        if (!given.add(name)) {
          throw wrong(parser, name(extended(path, name)) + " is set a second time");
        }
        parser.nextToken();
        value(parser, inner, extended(path, name));
      }
    }
  }

  private ManifestException wrong(JsonParser parser, String what) {
    return new ManifestException(
        "%s:%d: %s".formatted(file, parser.currentTokenLocation().getLineNr(), what));
  }

  private static String name(List<String> path) {
    return path.isEmpty() ? "a scenario" : "'" + String.join(".", path) + "'";
  }

  private static Map<String, Type> settings(Type type) {
    Map<String, Type> settings = new LinkedHashMap<>();
    if (type instanceof Class<?> record && record.isRecord()) {
      for (RecordComponent component : record.getRecordComponents()) {
        settings.put(KEBAB.translate(component.getName()), component.getGenericType());
      }
    }
    return settings;
  }

  private static Type elementOf(Type list) {
    return list instanceof ParameterizedType generic
        ? generic.getActualTypeArguments()[0]
        : Object.class;
  }

  private static List<String> extended(List<String> path, String step) {
    List<String> longer = new ArrayList<>(path);
    longer.add(step);
    return longer;
  }
}
