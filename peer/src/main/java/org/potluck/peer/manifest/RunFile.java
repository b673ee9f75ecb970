package org.potluck.peer.manifest;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads and writes {@code run.yaml}, the file in which a coordinator describes a run. */
public final class RunFile {
  private static final long BYTES_MAX = 64 * 1024;

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  private RunFile() {}

  public static RunSpec read(Path file) throws ManifestException {
    if (Files.isDirectory(file)) {
      throw new ManifestException(file + " is a folder; name the run's file in it");
    }
    if (!Files.isRegularFile(file)) {
      throw new ManifestException(file + ": no such file; 'potluck init " + file + "' writes one");
    }
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw new ManifestException(file + ": larger than any manifest (64 KiB)");
      }
      String text = Files.readString(file);
      if (text.isBlank()) {
        throw new ManifestException(file + ": is empty; 'potluck init' writes an example");
      }
      try (JsonParser parser = YAML.createParser(text)) {
        UnknownSettings.refuse(parser, RunSpec.class, file.toString());
      }
      return YAML.readValue(text, RunSpec.class);
    } catch (JsonProcessingException e) {
      throw new ManifestException(file + line(e) + ": " + explain(e));
    } catch (IOException e) {
      throw new ManifestException(file + ": cannot be read: " + e.getMessage());
    }
  }

  /** A manifest with a comment for every setting. */
  public static String example() {
    return """
    # A run of Potluck: one model, trained by everybody who joins.
    # 'potluck start run.yaml' signs this file, starts the run and prints the invitation.

    name: my first run

    model:                  # a byte-level GPT
      layers: 4
      heads: 4
      width: 128            # a multiple of heads
      context: 128          # bytes of text that the model sees at once

    training:
      target-batch: 64      # samples per epoch over all peers; one optimizer step each
      micro-batch: 4        # samples that one peer runs at once; smaller needs less memory
      learning-rate: 0.003
      warmup-epochs: 5      # the learning rate grows to its full value over these
      weight-decay: 0.1
      seed: 1
      epochs: 0             # stop after so many; 0 means never
      begin-with: 1         # trainers that have to be there before the first step

    averaging:
      codec: float16        # how values travel: auto, none, float16, int8, int4, sparse; see docs/codecs.md
      group-size: 32        # peers of one group; more than that average on a grid, see docs/averaging.md
      aggregation: mean     # or centered-clip: nobody pulls further than others; see docs/trust.md
      clip-radius: 1        # only for centered-clip: how far that is...
      clip-iterations: 20   # ...and how often the centre moves
      audits: 0             # contributions that others compute again in each round, and averages that
                            # they make again; see docs/trust.md

    data:
      paths: []             # text files, folders, archives on every volunteer's machine;
                            # empty: the corpus that comes with the program
    """;
  }

  private static String line(JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    return location == null || location.getLineNr() < 1 ? "" : ":" + location.getLineNr();
  }

  private static String explain(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    @Nullable Throwable cause = e.getCause();
    if (cause instanceof IllegalArgumentException && cause.getMessage() != null) {
      return cause.getMessage();
    }
    if (e instanceof InvalidFormatException wrong && !wrong.getPath().isEmpty()) {
      return "'%s' must be %s, not '%s'"
          .formatted(path(wrong), wanted(wrong.getTargetType()), wrong.getValue());
    }
    if (e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
      return "'" + path(mapping) + "': " + firstSentence(message);
    }
    return firstSentence(message);
  }

  private static String wanted(Class<?> type) {
    return switch (type.getSimpleName()) {
      case "int", "long" -> "a whole number";
      case "double" -> "a number";
      default -> "something else";
    };
  }

  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(
            part -> part.getFieldName() == null ? "[" + part.getIndex() + "]" : part.getFieldName())
        .collect(Collectors.joining("."));
  }

  private static String firstSentence(String message) {
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
