package org.potluck.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * A run as a {@link Recorder} wrote it, to be played again. Every line is read into the records
 * that a live run reports, so that it is checked and its texts are bounded like those.
 */
public final class Recording {
  private static final long FILE_BYTES_MAX = 256L << 20;
  private static final int LINES_MAX = 1_000_000;

  /** Told by other lines in a better form. */
  private static final Set<String> TOPICS_DRAWN = Set.of("averaged", "joined");

  private final List<Line> lines;
  private final Instant began;

  /** What a line holds. */
  enum Type {
    RUN,
    PEERS,
    EPOCH,
    ROUND,
    NEXT,
    SAMPLE,
    NOTICE,
    NOTE
  }

  /**
   * @param seconds since the recording began
   * @param facts a record that the {@link Monitor} takes, or a list of peers
   */
  record Line(double seconds, Type type, Object facts) {}

  private Recording(List<Line> lines, Instant began) {
    this.lines = lines.stream().sorted(Comparator.comparingDouble(Line::seconds)).toList();
    this.began = began;
  }

  /**
   * @throws DashboardException when the file cannot be read or is no recording; names the line
   */
  public static Recording read(Path file) {
    List<Line> lines = new ArrayList<>();
    Instant began = Instant.EPOCH;
    int number = 0;
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new DashboardException(
            "%s has more than %d MiB; record a shorter run".formatted(file, FILE_BYTES_MAX >> 20));
      }
      try (BufferedReader in = Files.newBufferedReader(file)) {
        for (String text = in.readLine(); text != null; text = in.readLine()) {
          number++;
          if (number > LINES_MAX) {
            throw new DashboardException(
                "%s has more than %d lines; record a shorter run".formatted(file, LINES_MAX));
          }
          JsonNode json = Json.read(text, JsonNode.class);
          Line line = line(json);
          if (line != null) {
            if (lines.isEmpty()) {
              began = began(json, line.seconds());
            }
            lines.add(line);
          }
        }
      }
    } catch (IllegalArgumentException | DateTimeException | MalformedInputException e) {
      throw new DashboardException(
          "%s is no recording of a run: line %d cannot be read; 'potluck simulate --timeline' writes one"
              .formatted(file, Math.max(1, number)),
          e);
    } catch (IOException e) {
      throw new DashboardException(
          "cannot read " + file + (Files.exists(file) ? ": " + e.getMessage() : ": no such file"),
          e);
    }
    if (lines.isEmpty()) {
      throw new DashboardException(
          file + " holds nothing to replay; 'potluck simulate --timeline' writes a recording");
    }
    return new Recording(lines, began);
  }

  List<Line> lines() {
    return lines;
  }

  /** What the page has to know before it fetches all of it. */
  String summary() {
    return "{\"began\":%s,\"seconds\":%s,\"lines\":%d}"
        .formatted(Json.write(began), Json.write(lines.getLast().seconds()), lines.size());
  }

  /** All of it as one JSON array of {@code seconds}, {@code type} and {@code data}. */
  String document() {
    StringJoiner array = new StringJoiner(",\n", "[", "]");
    for (Line line : lines) {
      array.add(
          "{\"seconds\":%s,\"type\":%s,\"data\":%s}"
              .formatted(
                  Json.write(line.seconds()), Json.write(line.type()), Json.write(line.facts())));
    }
    return array.toString();
  }

  /** Null for what the page does not draw. */
  private static @Nullable Line line(JsonNode json) {
    double seconds = json.path("seconds").asDouble(Double.NaN);
    if (!(seconds >= 0 && seconds < 1e9)) {
      throw new IllegalArgumentException("no time");
    }
    Type type = Type.valueOf(json.path("type").asText().toUpperCase(Locale.ROOT));
    if (type == Type.NOTE) {
      if (TOPICS_DRAWN.contains(json.path("topic").asText())) {
        return null;
      }
      return new Line(seconds, Type.NOTICE, notice(json));
    }
    String data = json.path("data").toString();
    return new Line(
        seconds,
        type,
        switch (type) {
          case RUN -> Json.read(data, RunInfo.class);
          case PEERS -> peers(data);
          case EPOCH -> Json.read(data, EpochStatus.class);
          case ROUND -> Json.read(data, RoundStatus.class);
          case NEXT -> Json.read(data, NextRound.class);
          case SAMPLE -> Json.read(data, ModelSample.class);
          case NOTICE, NOTE -> Json.read(data, Notice.class);
        });
  }

  private static List<PeerStatus> peers(String data) {
    List<PeerStatus> peers = new ArrayList<>();
    for (PeerStatus peer : Json.read(data, PeerStatus[].class)) {
      if (peer == null) {
        throw new IllegalArgumentException("a peer that is nobody");
      }
      if (peers.size() < Collector.PEERS_SHOWN_MAX) {
        peers.add(peer);
      }
    }
    return List.copyOf(peers);
  }

  private static Notice notice(JsonNode json) {
    String peer = json.path("peer").asText();
    String sentence = json.path("topic").asText() + ": " + json.path("text").asText();
    return new Notice(
        Notice.Severity.INFO,
        peer.isEmpty() ? sentence : peer + " " + sentence,
        Instant.parse(json.path("at").asText()));
  }

  private static Instant began(JsonNode json, double seconds) {
    return Instant.parse(json.path("at").asText()).minusNanos(Math.round(seconds * 1e9));
  }
}
