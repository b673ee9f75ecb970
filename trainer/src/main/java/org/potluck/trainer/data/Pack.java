package org.potluck.trainer.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;
import org.potluck.trainer.data.Sources.Format;

/**
 * Writes the text of small files, archives, compressed files and JSON lines one after the other.
 */
final class Pack {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A line longer than this is no document but a mistake. */
  private static final int LINE_BYTES_MAX = 64 << 20;

  /** An archive without entries is its end record alone. */
  private static final int EMPTY_ZIP_BYTES = 22;

  /** Archives within archives within archives, and no deeper. */
  private static final int DEPTH_MAX = 3;

  private final OutputStream out;
  private final long bytesMax;
  private final Progress progress;
  private long bytes;

  Pack(OutputStream out, long bytesMax, Progress progress) {
    this.out = out;
    this.bytesMax = bytesMax;
    this.progress = progress;
  }

  void add(Path file) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      add(file.getFileName().toString(), in, file, 1);
    } catch (CorpusException e) {
      throw e;
    } catch (ZipException | EOFException | ZstdIOException e) {
      throw new CorpusException("data file %s is damaged: %s".formatted(file, e.getMessage()));
    }
    progress.gathered(file.toString(), bytes);
  }

  private void add(String name, InputStream in, Path file, int depth) throws IOException {
    switch (Format.of(name)) {
      case PLAIN -> document(in, file);
      case ARCHIVE -> archive(in, file, depth);
      case GZIP -> deeper(inner(name), depth, () -> new GZIPInputStream(in, 1 << 16), file);
      case ZSTD -> deeper(inner(name), depth, () -> new ZstdInputStream(in), file);
      case JSON_LINES -> jsonLines(in, file);
    }
  }

  private interface Opening {
    InputStream open() throws IOException;
  }

  private void deeper(String name, int depth, Opening opening, Path file) throws IOException {
    if (depth <= DEPTH_MAX) {
      add(name, new BufferedInputStream(opening.open(), 1 << 16), file, depth + 1);
    }
  }

  private static String inner(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }

  private void archive(InputStream in, Path file, int depth) throws IOException {
    // Names are only asked for their endings; old archives have them in the code page of their day.
    var zip = new ZipInputStream(in, StandardCharsets.ISO_8859_1);
    ZipEntry entry = zip.getNextEntry();
    if (entry == null && depth == 1 && Files.size(file) > EMPTY_ZIP_BYTES) {
      throw new CorpusException("data file %s is damaged: not a zip archive".formatted(file));
    }
    for (; entry != null; entry = zip.getNextEntry()) {
      String name = entry.getName();
      if (!entry.isDirectory() && !name.startsWith("META-INF/") && !name.endsWith(".class")) {
        deeper(name, depth, () -> zip, file);
      }
    }
  }

  private void document(InputStream in, Path file) throws IOException {
    byte[] head = in.readNBytes(8192);
    if (Format.binary(head) || head.length == 0) {
      return;
    }
    write(head, byteOrderMark(head), head.length, file);
    var buffer = new byte[1 << 16];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      write(buffer, 0, read, file);
    }
    write(new byte[] {'\n'}, 0, 1, file);
  }

  private void jsonLines(InputStream in, Path file) throws IOException {
    long number = 0;
    for (byte[] line = line(in, file); line != null; line = line(in, file)) {
      number++;
      if (new String(line, StandardCharsets.UTF_8).isBlank()) {
        continue;
      }
      byte[] text = text(line, file, number);
      write(text, 0, text.length, file);
      write(new byte[] {'\n'}, 0, 1, file);
    }
  }

  private static byte[] text(byte[] line, Path file, long number) throws CorpusException {
    try {
      JsonNode text = JSON.readTree(line).get("text");
      if (text != null && text.isTextual()) {
        return text.textValue().getBytes(StandardCharsets.UTF_8);
      }
    } catch (JsonProcessingException e) {
      // Said below, without the parser's excerpt of the text.
    } catch (IOException e) {
      throw new AssertionError("reading from memory", e);
    }
    throw new CorpusException(
        "line %d of %s is not a JSON object with a \"text\" string".formatted(number, file));
  }

  private static byte @Nullable [] line(InputStream in, Path file) throws IOException {
    var line = new ByteArrayOutputStream();
    int value = in.read();
    if (value < 0) {
      return null;
    }
    for (; value >= 0 && value != '\n'; value = in.read()) {
      line.write(value);
      if (line.size() > LINE_BYTES_MAX) {
        throw new CorpusException("a line of %s is longer than 64 MiB".formatted(file));
      }
    }
    return line.toByteArray();
  }

  /** Bytes of UTF-8's mark at the beginning; editors on Windows write it, and it is no text. */
  private static int byteOrderMark(byte[] head) {
    boolean marked =
        head.length >= 3
            && head[0] == (byte) 0xEF
            && head[1] == (byte) 0xBB
            && head[2] == (byte) 0xBF;
    return marked ? 3 : 0;
  }

  private void write(byte[] buffer, int from, int to, Path file) throws IOException {
    long before = bytes;
    bytes += to - from;
    if (bytes > bytesMax) {
      throw new CorpusException(
          "the text of %s and the files before it is more than data.cache-bytes-max = %d bytes:"
                  .formatted(file, bytesMax)
              + " raise it, or name fewer paths");
    }
    out.write(buffer, from, to - from);
    if (before >> 22 != bytes >> 22) {
      progress.gathered(file.toString(), bytes);
    }
  }

  long bytes() {
    return bytes;
  }
}
