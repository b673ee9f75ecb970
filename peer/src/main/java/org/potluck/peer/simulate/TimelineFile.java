package org.potluck.peer.simulate;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.potluck.network.simulation.Note;
import org.potluck.network.simulation.Simulation;

/** The story of a simulation, one JSON object a line, in the order of virtual time. */
final class TimelineFile implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final @Nullable BufferedWriter out;

  private TimelineFile(@Nullable BufferedWriter out) {
    this.out = out;
  }

  static TimelineFile open(@Nullable Path file) throws IOException {
    return new TimelineFile(file == null ? null : Files.newBufferedWriter(file));
  }

  void write(Note note) {
    if (out == null) {
      return;
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("at", Simulation.START.plus(note.at()).toString());
    line.put("seconds", note.at().toNanos() / 1e9);
    line.put("peer", note.peer());
    line.put("topic", note.topic());
    line.put("text", note.text());
    try {
      out.write(JSON.writeValueAsString(line));
      out.newLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (out != null) {
      out.close();
    }
  }
}
