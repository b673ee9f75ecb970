package org.potluck.monitor;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a run down while it happens, one JSON object a line: {@code at}, {@code seconds} since the
 * beginning, {@code type}, and what was reported as {@code data}. {@link Recording} reads it.
 *
 * <p>For one thread. A disk that fails ends the recording with an {@link UncheckedIOException}.
 */
public final class Recorder implements Monitor, AutoCloseable {
  private final BufferedWriter out;
  private final InstantSource clock;
  private final Instant began;

  private Recorder(BufferedWriter out, InstantSource clock) {
    this.out = out;
    this.clock = clock;
    this.began = clock.instant();
  }

  /** Begins a recording; {@code clock} may be that of a simulation. */
  public static Recorder to(Path file, InstantSource clock) throws IOException {
    return new Recorder(Files.newBufferedWriter(file), clock);
  }

  @Override
  public void run(RunInfo run) {
    record(Recording.Type.RUN, run);
  }

  @Override
  public void peers(List<PeerStatus> peers) {
    record(Recording.Type.PEERS, peers);
  }

  @Override
  public void epoch(EpochStatus epoch) {
    record(Recording.Type.EPOCH, epoch);
  }

  @Override
  public void round(RoundStatus round) {
    record(Recording.Type.ROUND, round);
  }

  @Override
  public void next(NextRound next) {
    record(Recording.Type.NEXT, next);
  }

  @Override
  public void sample(ModelSample sample) {
    record(Recording.Type.SAMPLE, sample);
  }

  @Override
  public void event(Notice notice) {
    record(Recording.Type.NOTICE, notice);
  }

  /** Something that a person may want to read or search for, and the page need not draw. */
  public void note(Duration since, String peer, String topic, String text) {
    Map<String, Object> note = new LinkedHashMap<>();
    note.put("peer", peer);
    note.put("topic", topic);
    note.put("text", text);
    write(began.plus(since), Recording.Type.NOTE, note);
  }

  private void record(Recording.Type type, Object data) {
    write(clock.instant(), type, Map.of("data", data));
  }

  private void write(Instant at, Recording.Type type, Map<String, ?> rest) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("at", at);
    line.put("seconds", Duration.between(began, at).toNanos() / 1e9);
    line.put("type", type);
    line.putAll(rest);
    try {
      out.write(Json.write(line));
      out.newLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
