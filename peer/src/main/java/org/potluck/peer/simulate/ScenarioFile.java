package org.potluck.peer.simulate;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import org.potluck.network.simulation.Faults.PartitionMode;
import org.potluck.peer.manifest.ManifestException;

/**
 * Reads a scenario. A file says only what differs from the defaults; what it says that nobody knows
 * is an error that names the line.
 */
final class ScenarioFile {
  private static final long BYTES_MAX = 256 * 1024;

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .addModule(
              new SimpleModule()
                  .addDeserializer(Duration.class, new DurationText())
                  .addDeserializer(PartitionMode.class, new ModeText()))
          .build();

  private static final String DEFAULTS =
      """
      name: scenario
      time: {faults: 10m, healing: 2m}
      run: {training: toy, values: 100000, target-batch: 64, micro-batch: 4, epochs: 0,
            codec: float16, aggregation: mean, round-limit: 1m, group-size: 32,
            audits: 0}
      swarm: {peers: 8, first-stays: 0s, classes: []}
      split: {share: 0, from: 0s, until: 0s}
      draw-faults: false
      faults:
        links: {delay-min: 0s, delay-mean: 0s, jitter-max: 0s, loss-share: 0, up-factor-min: 1,
                down-factor-min: 1, bandwidth-every: 0s}
        stalls: {every: 0s, length-mean: 0s}
        partitions: {mode: halves, one-way-share: 0, every: 0s, length-mean: 0s, stability: 0s}
        crashes: {every: 0s, away-mean: 0s, power-cut-share: 0, disk-lost-share: 0,
                  down-at-most-share: 0.34}
        devices: {slow-share: 0, slowdown-max: 1}
        clocks: {skew-max: 0s, drift-max: 0}
        lies: {liar-share: 0, corrupted-share: 0, replay-share: 0, contribution-factor: 1}
      """;

  private static final String PEER_CLASS =
      """
      {name: home, role: trainer, share: 0, samples-per-second: 10, up-mbit: 20, down-mbit: 100, delay: 15ms,
       jitter: 5ms, reachable: true, arrive-within: 0s, stay: 0s, away: 0s, attack: none,
       text: words, own-part: false}
      """;

  private ScenarioFile() {}

  static Scenario read(Path file) throws ManifestException {
    if (!Files.isRegularFile(file)) {
      throw new ManifestException(file + ": no such file; docs/scenarios has some to start from");
    }
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw new ManifestException(file + ": larger than any scenario (256 KiB)");
      }
      return parse(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw new ManifestException(file + ": cannot be read: " + e.getMessage());
    }
  }

  /**
   * @param file its name, for messages
   */
  static Scenario parse(String text, String file) throws ManifestException {
    SettingLines lines;
    JsonNode given;
    try {
      try (JsonParser parser = YAML.createParser(text)) {
        lines = SettingLines.read(parser, Scenario.class, file);
      }
      given = YAML.readTree(text);
    } catch (JsonProcessingException e) {
      throw new ManifestException(file + SettingTrouble.syntax(e));
    } catch (IOException e) {
      throw new ManifestException(file + ": cannot be read: " + e.getMessage());
    }
    if (!given.isObject()) {
      throw new ManifestException(file + ": is empty or no list of settings");
    }
    if (given.path("draw-faults").asBoolean() && given.has("faults")) {
      throw new ManifestException(
          file
              + lines.of(List.of("faults"))
              + ": with draw-faults: true all faults are drawn from the seed; leave one of the two"
              + " out");
    }
    try {
      return YAML.treeToValue(withDefaults((ObjectNode) given), Scenario.class);
    } catch (JsonMappingException e) {
      List<String> path = e.getPath().stream().map(ScenarioFile::step).toList();
      String what = SettingTrouble.explain(e, path, YAML);
      // What concerns the whole scenario begins with the setting that it concerns.
      List<String> place = path.isEmpty() ? List.of(what.split(" ", -1)[0].split("\\.", -1)) : path;
      throw new ManifestException(file + lines.of(place) + ": " + what);
    } catch (JsonProcessingException e) {
      throw new ManifestException(file + SettingTrouble.syntax(e));
    }
  }

  private static ObjectNode withDefaults(ObjectNode given) throws JsonProcessingException {
    ObjectNode all = (ObjectNode) YAML.readTree(DEFAULTS);
    merge(all, given);
    for (JsonNode peerClass : all.path("swarm").path("classes")) {
      if (peerClass instanceof ObjectNode said) {
        ObjectNode whole = (ObjectNode) YAML.readTree(PEER_CLASS);
        merge(whole, said);
        said.setAll(whole);
      }
    }
    return all;
  }

  private static void merge(ObjectNode base, ObjectNode over) {
    over.properties()
        .forEach(
            entry -> {
              JsonNode below = base.get(entry.getKey());
              if (below instanceof ObjectNode inner
                  && entry.getValue() instanceof ObjectNode said) {
                merge(inner, said);
              } else {
                base.set(entry.getKey(), entry.getValue());
              }
            });
  }

  private static String step(JsonMappingException.Reference reference) {
    String field = reference.getFieldName();
    return field == null ? Integer.toString(reference.getIndex()) : field;
  }

  /** A mode as the rest of the file writes names: {@code isolate-one}. */
  private static final class ModeText extends StdDeserializer<PartitionMode> {
    private static final long serialVersionUID = 1L;

    ModeText() {
      super(PartitionMode.class);
    }

    @Override
    public PartitionMode deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      String text = parser.getValueAsString("").strip();
      for (PartitionMode mode : PartitionMode.values()) {
        if (mode.name().equals(text.replace('-', '_').toUpperCase(Locale.ROOT))) {
          return mode;
        }
      }
      throw InvalidFormatException.from(parser, "no such mode", text, PartitionMode.class);
    }
  }

  /** A time as people write it: {@code 250ms}, {@code 30s}, {@code 5m}, {@code 2h}. */
  private static final class DurationText extends StdDeserializer<Duration> {
    private static final long serialVersionUID = 1L;

    DurationText() {
      super(Duration.class);
    }

    @Override
    public Duration deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      String text = parser.getValueAsString("").strip().toLowerCase(Locale.ROOT);
      try {
        Duration time =
            text.endsWith("ms")
                ? Duration.ofNanos(
                    Math.round(Double.parseDouble(text.substring(0, text.length() - 2)) * 1e6))
                : Duration.parse("PT" + text);
        if (!time.isNegative()) {
          return time;
        }
      } catch (DateTimeParseException | NumberFormatException e) {
        // Said below in the person's own terms.
      }
      throw JsonMappingException.from(
          parser, "'" + text + "' is not a time such as 250ms, 30s, 5m or 2h");
    }
  }
}
